"""Who schemathesis is: signed in, where an operation wants that."""

import os

import schemathesis

from local_stack import OTHER_PASSWORD, PASSWORD, post

API = os.environ["LATCHKEY_API"]
# Who calls operations that others' sessions would not outlive: a session of its own for each call that ends it, and an account whose
# password is in no example where that would delete it.
ENDING = {"logout"}
DELETING = {"deleteAccount"}


def sign_in(email, password):
    return post(f"{API}/v1/auth/login", {"email": email, "password": password})["access_token"]


@schemathesis.auth(refresh_interval=None).apply_to(path_regex="^/fe/")
class Partner:
    """A user of a partner's."""

    def get(self, case, context):
        return os.environ["LATCHKEY_PARTNER_TOKEN"]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["user-jwt-token"] = data


@schemathesis.auth(refresh_interval=None).skip_for(path_regex="^/fe/")
class Bearer:
    """One session for all operations but those."""

    lasting = {}

    def get(self, case, context):
        operation = context.operation.definition.raw.get("operationId")
        if operation in ENDING:
            return sign_in("leaving@example.com", PASSWORD)
        who = ("staying@example.com", OTHER_PASSWORD) if operation in DELETING else ("ada@example.com", PASSWORD)
        if who not in Bearer.lasting:
            Bearer.lasting[who] = sign_in(*who)
        return Bearer.lasting[who]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
