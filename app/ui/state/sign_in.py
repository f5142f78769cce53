"""Whether this desk has a password, so that there is somewhere to sign out from."""

import reflex as rx

from app.runtime.house import current
from app.ui.state.view import put


class SignInState(rx.State):
    """Set once, when a page loads: the password is that of the process."""

    needed: bool = False

    @rx.event
    def load(self) -> None:
        house = current()
        put(self, needed=house is not None and house.sign_ins.needed)
