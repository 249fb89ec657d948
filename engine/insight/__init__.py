"""What operators and auditors take out of the engine: exports as tables."""
