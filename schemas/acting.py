"""What every act has, and the names and references that acts are made of. Checks for pydantic; no I/O."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas import names
from schemas.inventory import MAX_NAME

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


class Act(BaseModel):
    """What every act has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[Name, Field(description="Idempotency key: the same key is applied once")]
    by: Annotated[Name, Field(description="Reference to the person or program that says so")]
    reason: Words | None = None
