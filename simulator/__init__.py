"""A gun seen from the wire: firmware, mechanics, the hand that holds it, and its faults."""
