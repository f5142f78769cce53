"""The whole server in a folder of its own, with a stand-in for the page so that nothing has to be built."""

from pathlib import Path

from tests.browser.server import ROOT, Desk


class Server(Desk):
    """A desk in the demo market that is open once it takes orders."""

    first_asked = "/api/account"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "data", {"DRYDOCK_MARKET": "demo"}, home=folder)
        self.file = self.data / "drydock.db"
        client = folder / ".web" / "build" / "client"
        client.mkdir(parents=True)
        (client / "index.html").write_text("<!doctype html><title>Drydock</title>", "utf-8")
        client.with_name("fingerprint").write_text("a stand-in", "utf-8")
        for name in ("rxconfig.py", "app"):
            (folder / name).symlink_to(ROOT / name)
