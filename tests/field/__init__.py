"""What went wrong in the field with other dosing devices, played again in this house."""
