"""What every act has, and the names and references that acts are made of. Checks for pydantic; no I/O."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas import names
from schemas.inventory import MAX_NAME
from schemas.words import Kind, Scheme

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(names.name)]
Cell = Annotated[str, AfterValidator(names.cell)]
Book = Annotated[Cell, AfterValidator(names.book)]
Operator = Annotated[Name, AfterValidator(names.operator)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
AssetRef = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Partition = Annotated[int, Field(ge=0, le=65_534)]  # 65,535 is kept for dead letters put through again
Offset = Annotated[int, Field(ge=0, lt=2**40)]
EventRef = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of an event's bytes")]
Words = Annotated[str, Field(max_length=2000), AfterValidator(names.words)]


class IdentifierAsked(BaseModel):
    """An identifier as it is printed or reported. Without a scope, any scope will do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Scheme
    scope: Annotated[str, Field(max_length=MAX_NAME), AfterValidator(names.words)] | None = None
    value: Name


class Thing(BaseModel):
    """One thing, by the id of its asset, or by its kind and an identifier: exactly one of the two ways."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    asset: AssetRef | None = None
    kind: Kind | None = None
    identifier: IdentifierAsked | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.asset is None) == (self.identifier is None) or (self.kind is None) != (self.identifier is None):
            msg = "a thing is named by `asset`, or by `kind` and `identifier`: give exactly one of the two"
            raise ValueError(msg)
        return self


class Act(BaseModel):
    """What every act has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[Name, Field(description="Idempotency key: the same key is applied once")]
    by: Annotated[Name, Field(description="Reference to the person or program that says so")]
    reason: Words | None = None
