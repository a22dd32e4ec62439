"""What the console says in a whole session, and what is typed, in each of its languages.

Written down by hand, and not taken from the catalogue: it is the catalogue that is read here.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """One language."""

    code: str
    # The band
    stopped: str
    ready: str
    armed: str
    training: str
    clinical: str
    offline: str
    released_by: str
    armed_by: str
    # Signing in, and home
    signing_in: str
    today_none: str
    today_one: str
    open_session: str
    # A new session
    pages: tuple[str, ...]
    none_open: str
    nothing_open: str
    typed_filter: str
    elbow: str
    tendinopathy: str
    curative: str
    product: str
    piroxicam: str
    lidocaine: str
    read_lot: str
    nappage: str
    point_by_point: str
    proposed: str
    within: str
    # A session
    contact: str
    complete: str
    by_hand: str
    by_hand_said: str
    syringe: str
    syringe_said: str
    needle: str
    needle_said: str
    note: str
    adverse: str
    adverse_said: str
    colleague: str
    going_on: str
    going_on_said: str
    went_away: str
    silence_all: str
    stalled: str
    # Its end, and the review
    end: str
    better: str
    signed_said: str
    signs_it: str
    signed_it: str
    no_session: str
    done: str
    verified: str
    shots: str
    signed_by: str
    decimal: str

    def amount(self, text: str) -> str:
        """An amount as it is typed and read in this language."""
        return text.replace(".", self.decimal)


ENGLISH: Final = Tongue(
    code="en",
    stopped="S T O P P E D",
    ready="R E A D Y",
    armed="A R M E D",
    training="TRAINING",
    clinical="CLINICAL",
    offline="O F F L I N E",
    released_by="r releases it",
    armed_by="a arms step {step} of {steps}",
    signing_in="Sign in",
    today_none="Today: 0 sessions",
    today_one="Today: 1 session",
    open_session="A   S E S S I O N   I S   O P E N",
    pages=(
        "1/8 For whom",
        "2/8 What for",
        "3/8 The patient's answers",
        "4/8 Mixture",
        "5/8 Syringe and needle",
        "6/8 Steps",
        "7/8 Checklists",
        "8/8 Summary",
    ),
    none_open="0 open",
    nothing_open="Nothing is open: F8 opens the session",
    typed_filter="type to filter",
    elbow="elbow",
    tendinopathy="tendinopathy of the elbow",
    curative="curative",
    product="Product {number} of {count}",
    piroxicam="piroxicam",
    lidocaine="lidocaine",
    read_lot="read: lot {lot}, expiry {expiry}",
    nappage="nappage",
    point_by_point="point by point",
    proposed="proposed by",
    within="within the limits",
    contact="● contact",
    complete="complete",
    by_hand="Shots by hand",
    by_hand_said="{count} shots by hand, together {volume}, elbow",
    syringe="Another syringe of the same",
    syringe_said="a full syringe of {size} goes into the gun",
    needle="A fresh needle, of a sterile set of its own",
    needle_said="a fresh needle of 4.0 mm, lot",
    note="A note in the record",
    adverse="Adverse event",
    adverse_said="record the adverse event: redness",
    colleague="A colleague takes the session over",
    going_on="Go on with the open session",
    going_on_said="the session goes on, for this patient",
    went_away="The gun went away while it was armed",
    silence_all="silence all for two minutes",
    stalled="The screen could not be seen: disarmed",
    end="End the session?",
    better="better",
    signed_said="the session ends, signed by {name}",
    signs_it="{name} signs that they have performed",
    signed_it="signed: {name} has performed it",
    no_session="no session",
    done="done",
    verified="Verified up to entry",
    shots="{count} shots",
    signed_by="signed by {name}",
    decimal=".",
)

FRENCH: Final = Tongue(
    code="fr",
    stopped="A R R Ê T É",
    ready="P R Ê T",
    armed="A R M É",
    training="ENTRAÎNEMENT",
    clinical="CLINIQUE",
    offline="H O R S   L I G N E",
    released_by="r le lève",
    armed_by="a arme l'étape {step} sur {steps}",
    signing_in="Connexion",
    today_none="Aujourd'hui : 0 séance",
    today_one="Aujourd'hui : 1 séance",
    open_session="U N E   S É A N C E   E S T   O U V E R T E",
    pages=(
        "1/8 Pour qui",
        "2/8 Pour quoi",
        "3/8 Les réponses du patient",
        "4/8 Mélange",
        "5/8 Seringue et aiguille",
        "6/8 Étapes",
        "7/8 Listes de contrôle",
        "8/8 Résumé",
    ),
    none_open="0 manquant",
    nothing_open="Rien ne manque : F8 ouvre la séance",
    typed_filter="tapez pour filtrer",
    elbow="coude",
    tendinopathy="tendinopathie du coude",
    curative="curatif",
    product="Produit {number} sur {count}",
    piroxicam="piroxicam",
    lidocaine="lidocaïne",
    read_lot="lu : lot {lot}, péremption {expiry}",
    nappage="nappage",
    point_by_point="point par point",
    proposed="proposé par",
    within="dans les limites",
    contact="● contact",
    complete="complet",
    by_hand="Tirs à la main",
    by_hand_said="{count} tirs à la main, ensemble {volume}, coude",
    syringe="Une autre seringue du même",
    syringe_said="une seringue pleine de {size} va dans le pistolet",
    needle="Une aiguille neuve, d'un set stérile propre",
    needle_said="une aiguille neuve de 4,0 mm, lot",
    note="Une note dans le dossier",
    adverse="Événement indésirable",
    adverse_said="inscrire l'événement indésirable : érythème",
    colleague="Un confrère reprend la séance",
    going_on="Poursuivre la séance ouverte",
    going_on_said="la séance continue, pour ce patient",
    went_away="Le pistolet a disparu alors qu'il était armé",
    silence_all="tout couper deux minutes",
    stalled="L'écran ne pouvait pas être vu : désarmé",
    end="Clore la séance ?",
    better="mieux",
    signed_said="la séance se clôt, signée par {name}",
    signs_it="{name} signe avoir réalisé",
    signed_it="signé : {name} l'a réalisée",
    no_session="pas de séance",
    done="terminée",
    verified="Vérifié jusqu'à l'entrée",
    shots="{count} tirs",
    signed_by="signé par {name}",
    decimal=",",
)
