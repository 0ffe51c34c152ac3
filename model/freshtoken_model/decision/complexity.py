"""The password complexity requirements and what each asks of a password. Pure."""

import string
from enum import Enum

SPECIAL = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""Setup's special characters [DOC password-special-characters]."""


class Complexity(Enum):
    """Password complexity requirement; values are Setup's labels [DOC policy-complexity]."""

    NO_RESTRICTION = "No restriction"
    ALPHA_NUMERIC = "Must include alpha and numeric characters"
    ALPHA_NUMERIC_SPECIAL = "Must include alpha, numeric, and special characters"
    UPPER_LOWER_NUMERIC = "Must include numbers and uppercase and lowercase letters"
    UPPER_LOWER_NUMERIC_SPECIAL = (
        "Must include numbers, uppercase and lowercase letters, and special characters"
    )

    def met_by(self, password: str) -> bool:
        """Whether a password has the kinds of characters asked for."""
        has_alpha = any(c.isalpha() for c in password)
        has_digit = any(c in string.digits for c in password)
        has_special = any(c in SPECIAL for c in password)
        has_both_cases = any(c.isupper() for c in password) and any(c.islower() for c in password)
        match self:
            case Complexity.NO_RESTRICTION:
                return True
            case Complexity.ALPHA_NUMERIC:
                return has_alpha and has_digit
            case Complexity.ALPHA_NUMERIC_SPECIAL:
                return has_alpha and has_digit and has_special
            case Complexity.UPPER_LOWER_NUMERIC:
                return has_digit and has_both_cases
            case Complexity.UPPER_LOWER_NUMERIC_SPECIAL:
                return has_digit and has_both_cases and has_special
