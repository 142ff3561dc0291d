"""What JSON Schema cannot say of two formats of the API's document: the last digit of an NHS number checks the others,
and nobody is born tomorrow. Without this most of the patients that are tried would rightly be refused."""

import datetime

import schemathesis
from hypothesis import strategies as st


def nhs_number(nine: int) -> str:
    """Nine digits and the one that checks them (modulus 11); empty where there is none."""
    digits = f"{nine:09}"
    check = 11 - sum(int(digit) * (10 - at) for at, digit in enumerate(digits)) % 11
    return "" if check == 10 else digits + str(check % 11)


def is_real(number: str) -> bool:
    return len(number) == 10 and len(set(number)) > 1 and number not in {"9876543210", "0123456789"}


schemathesis.openapi.format("nhs-number", st.integers(1, 999_999_999).map(nhs_number).filter(is_real))
schemathesis.openapi.format(
    "date", st.dates(datetime.date(1900, 1, 1), datetime.date.today()).map(datetime.date.isoformat)
)
