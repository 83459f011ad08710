"""What Holdfast knows and answers: facts (pure), proofs (pure), store (SQL), findings, api, console."""
