"""The normal form in which texts are compared: without case, accents and surplus space."""

import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart into a base letter and a mark.
PLAIN = str.maketrans({"ø": "o", "æ": "ae", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ŧ": "t", "ŋ": "n"})


@lru_cache(maxsize=65_536)
def normal(text: str) -> str:
    """Text as string search compares it: without case, accents, and surplus space.

    Å, Ø and Æ are compared as A, O and AE, since not every keyboard has them. At most 200 characters count.
    """
    text = text[:400].casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(PLAIN))
        text = "".join(character for character in text if not unicodedata.combining(character))
    return " ".join(text.split())[:200]
