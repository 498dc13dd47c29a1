"""Operations on code systems, value sets and concept maps, and what they have in common."""
