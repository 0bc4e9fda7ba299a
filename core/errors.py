"""Errors that a command may raise; every door (page, API, admin) turns them into its own words."""


class ProductError(Exception):
    """Base: `code` is of the API's table, `field` names the culprit, `message` says the remedy."""

    code = "INVALID_REQUEST"
    status = 400

    def __init__(self, message: str, *, field: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.reason = reason


class InvalidRequest(ProductError):
    pass


class IllegalTransition(ProductError):
    code = "INVALID_STATUS"


class ValidationFailed(ProductError):
    code = "VALIDATION_ERROR"
    status = 422


class Forbidden(ProductError):
    code = "FORBIDDEN"
    status = 403


class NotFound(ProductError):
    code = "NOT_FOUND"
    status = 404


class Conflict(ProductError):
    code = "CONFLICT"
    status = 409
