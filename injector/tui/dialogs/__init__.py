"""What asks the operator, or tells more, over the screen at hand."""
