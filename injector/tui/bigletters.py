"""Letters that one reads from two metres, made of blocks.

Each letter is five dots high. Where there is room a dot is two cells wide and one high,
which is about a square; in less, one cell; in a low room two dots share a cell, one above
the other, which makes three rows.
"""

import unicodedata
from typing import Final

_GLYPHS: Final = {
    "A": " ## |#  #|####|#  #|#  #",
    "B": "### |#  #|### |#  #|### ",
    "C": " ###|#   |#   |#   | ###",
    "D": "### |#  #|#  #|#  #|### ",
    "E": "####|#   |### |#   |####",
    "F": "####|#   |### |#   |#   ",
    "G": " ###|#   |# ##|#  #| ###",
    "H": "#  #|#  #|####|#  #|#  #",
    "I": "#|#|#|#|#",
    "J": "  #|  #|  #|# #| # ",
    "K": "#  #|# # |##  |# # |#  #",
    "L": "#   |#   |#   |#   |####",
    "M": "#   #|## ##|# # #|#   #|#   #",
    "N": "#   #|##  #|# # #|#  ##|#   #",
    "O": " ## |#  #|#  #|#  #| ## ",
    "P": "### |#  #|### |#   |#   ",
    "Q": " ## |#  #|#  #|# # | # #",
    "R": "### |#  #|### |# # |#  #",
    "S": " ###|#   | ## |   #|### ",
    "T": "#####|  #  |  #  |  #  |  #  ",
    "U": "#  #|#  #|#  #|#  #| ## ",
    "V": "#   #|#   #| # # | # # |  #  ",
    "W": "#   #|#   #|# # #|## ##|#   #",
    "X": "#   #| # # |  #  | # # |#   #",
    "Y": "#   #| # # |  #  |  #  |  #  ",
    "Z": "####|   #| ## |#   |####",
    "0": " ## |#  #|#  #|#  #| ## ",
    "1": " # |## | # | # |###",
    "2": "### |   #| ## |#   |####",
    "3": "### |   #| ## |   #|### ",
    "4": "#  #|#  #|####|   #|   #",
    "5": "####|#   |### |   #|### ",
    "6": " ###|#   |### |#  #| ## ",
    "7": "####|   #|  # | #  | #  ",
    "8": " ## |#  #| ## |#  #| ## ",
    "9": " ## |#  #| ###|   #|### ",
    "'": "#|#| | | ",
    "-": "   |   |###|   |   ",
    "!": "#|#|#| |#",
    " ": "  |  |  |  |  ",
}
_HIGH: Final = 5
_HALVES: Final = {"  ": " ", "# ": "▀", " #": "▄", "##": "█"}


def big(text: str, width: int, height: int) -> list[str]:
    """``text`` in letters as large as ``width`` and ``height`` let them be.

    Where even the small ones do not fit, it is the text itself, spaced out.

    >>> big("I", 80, 3)
    ['█', '█', '▀']
    >>> big("no", 80, 5)[0]
    '██      ██    ████  '
    >>> big("no way", 10, 5)
    ['NO WAY']
    """
    plain = unicodedata.normalize("NFD", text.upper())
    letters = [_GLYPHS[c].split("|") for c in plain if c in _GLYPHS]
    dots = [" ".join(letter[row] for letter in letters) for row in range(_HIGH)]
    if height >= _HIGH and 2 * len(dots[0]) <= width:
        return ["".join("██" if dot == "#" else "  " for dot in row) for row in dots]
    if height >= _HIGH and len(dots[0]) <= width:
        return [row.replace("#", "█") for row in dots]
    if height >= 3 and len(dots[0]) <= width:
        pairs = ((0, 1), (2, 3), (4, None))
        return [
            "".join(
                _HALVES[dots[upper][at] + (" " if lower is None else dots[lower][at])]
                for at in range(len(dots[0]))
            )
            for upper, lower in pairs
        ]
    spaced = " ".join(text.upper())
    return [spaced if len(spaced) <= width else text.upper()[:width]]
