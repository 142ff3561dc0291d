"""What the API's document cannot say to a program that makes requests from it. The last digit of an NHS number checks
the others, and nobody is born tomorrow, and a file that is no PDF is none whatever it is called: such requests are rightly refused with 422. And numbers that nobody made lead
nowhere: two requests of three, of those that should be accepted, name a task, a patient, a window and an appointment
that are there, so that the rules behind the form are reached too."""

import base64
import collections
import datetime
import itertools
import json
import os
import urllib.request

import schemathesis
from hypothesis import strategies

AT, KEY = os.environ["KINBRIDGE_AT"], os.environ["KINBRIDGE_KEY"]

OLDEST = datetime.date(1900, 1, 1)


def with_check_digit(nine: int) -> str:
    """Nine digits and the one that checks them (modulus 11); empty where there is none."""
    digits = f"{nine:09}"
    check = 11 - sum(int(digit) * (10 - at) for at, digit in enumerate(digits)) % 11
    return "" if check == 10 else digits + str(check % 11)


def is_nhs_number(number: str) -> bool:
    made_up = len(set(number)) == 1 or number in {"9876543210", "0123456789"}
    return len(number) == 10 and number.isdigit() and number == with_check_digit(int(number[:9])) and not made_up


def is_birthday(text: str) -> bool:
    return OLDEST <= datetime.date.fromisoformat(text) <= datetime.date.today()


GOOD = {"nhsNumber": (is_nhs_number, "9434765919"), "dateOfBirth": (is_birthday, "1938-03-09")}


def fits(is_good, value) -> bool:
    try:
        return is_good(value)
    except ValueError:
        return False


def ask(path: str, body=None):
    headers = {"Authorization": KEY, "Content-Type": "application/json"}
    sent = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(AT + path, sent, headers)) as answer:
        return json.load(answer)


PLACE = {"line1": "12 Park Row", "city": "Leeds", "postcode": "LS1 4AP"}
TASK = ask("/api/v1/tasks")["data"][0]["id"]
PATIENT = ask(
    "/api/v1/patients",
    {"firstName": "Betty", "lastName": "Cole", "phone": "+447700900123", "email": "betty@example.org", "dateOfBirth": "1938-03-09"},
)["id"]
WINDOWS = itertools.cycle(
    window["id"] for window in ask(f"/api/v1/availability?taskId={TASK}&postcode=LS1%204AP")["windows"]
)
COUNT = itertools.count()

# A file is what its bytes say, which no schema does.
PDF = b"%PDF-1.7\n% a letter\n%%EOF\n"
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
schemathesis.openapi.media_type("application/pdf", strategies.just(PDF))
schemathesis.openapi.media_type("image/png", strategies.just(DOT))
schemathesis.openapi.media_type("image/jpeg", strategies.just(PDF))


def appointment() -> str:
    booking = {"patientId": PATIENT, "taskId": TASK, "phone": "+447700900123", "location": PLACE}
    return ask("/api/v1/appointments", booking)["id"]


POOL = collections.deque()


def open_appointment(is_used_up: bool) -> str:
    """One of a few, in turn; a cancellation uses one up."""
    if len(POOL) < 8:
        POOL.append(appointment())
    POOL.rotate()
    return POOL.pop() if is_used_up else POOL[0]


def name_what_is_there(case) -> None:
    if "appointmentId" in (case.path_parameters or {}):
        case.path_parameters["appointmentId"] = open_appointment(case.operation.path.endswith("/cancel"))
    if isinstance(case.body, dict):
        there = {"taskId": lambda: TASK, "patientId": lambda: PATIENT, "location": lambda: dict(PLACE)}
        if isinstance(case.body.get("windowId"), str):
            there["windowId"] = lambda: next(WINDOWS)
        for field, value in there.items():
            if field in case.body:
                case.body[field] = value()


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if next(COUNT) % 3:
        name_what_is_there(case)
    for field, (is_good, good) in GOOD.items():
        value = case.body.get(field) if isinstance(case.body, dict) else None
        if isinstance(value, str) and not fits(is_good, value):
            case.body[field] = good
