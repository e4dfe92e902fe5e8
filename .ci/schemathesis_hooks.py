"""Who schemathesis is: signed in, where an operation wants that."""

import os

import schemathesis

from local_stack import PASSWORD, post

API = os.environ["LATCHKEY_API"]
# Operations that end the session which they are called with.
ENDING = {"logout"}


def sign_in(email):
    return post(f"{API}/v1/auth/login", {"email": email, "password": PASSWORD})["access_token"]


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
    """One session for all operations, and a new one for each call of those that end it."""

    lasting = None

    def get(self, case, context):
        if context.operation.definition.raw.get("operationId") in ENDING:
            return sign_in("leaving@example.com")
        Bearer.lasting = Bearer.lasting or sign_in("ada@example.com")
        return Bearer.lasting

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
