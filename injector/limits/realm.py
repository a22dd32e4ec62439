"""Whether a session is for training or for a patient: decided at its first entry."""

from enum import StrEnum, unique


@unique
class Realm(StrEnum):
    """What a session is. The values are what stands in logs."""

    TRAINING = "training"
    """On a manikin. Figures hold; what only a patient can be asked is not asked."""
    CLINICAL = "clinical"
    """On a patient. What should be known about the patient and is not refuses."""
