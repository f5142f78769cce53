"""The audit, opened by the badge that says whether the books balance."""

import reflex as rx
from reflex.vars import ArrayVar

from app.ui.components.table import waiting
from app.ui.state.audit import AuditState


def audit_dialog() -> rx.Component:
    """The dialog; it is opened by AuditState.open."""
    table = rx.el.table(
        rx.el.thead(rx.el.tr(rx.el.th("What has to hold"), rx.el.th("Residual", class_name="num"))),
        rx.el.tbody(rx.foreach(AuditState.rows, _row)),
        class_name="table",
        id="audit",
    )
    verdict = rx.el.p(
        AuditState.verdict,
        class_name=rx.cond(AuditState.balanced, "verdict up", "verdict down"),
        id="audit-verdict",
        role="status",
    )
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title("Do the books balance?", class_name="dialog-title"),
            rx.cond(
                AuditState.busy,
                waiting(),
                rx.fragment(
                    verdict,
                    rx.cond(AuditState.rows, table),
                    rx.cond(AuditState.at != "", rx.el.p("Looked at ", AuditState.at, " UTC.", class_name="hint")),
                ),
            ),
            rx.el.div(
                rx.el.button(
                    "Look again", on_click=AuditState.open, disabled=AuditState.busy, class_name="quiet-button"
                ),
                rx.el.button("Close", on_click=AuditState.close, class_name="main-button"),
                class_name="buttons",
            ),
            class_name="desk-dialog dialog wide-dialog",
            aria_describedby="audit-verdict",
            # There are two badges, of which a page has room for one; what is not shown takes no focus.
            on_close_auto_focus=[rx.set_focus("books"), rx.set_focus("foot-books")],
        ),
        open=AuditState.shown,
        on_open_change=lambda _open: AuditState.close(),
    )


def _row(row: ArrayVar[list[str]]) -> rx.Component:
    sign = rx.cond(row[3] == "yes", "✓", rx.cond(row[3] == "no", "✗", "?"))
    colour = rx.cond(row[3] == "yes", "up", rx.cond(row[3] == "no", "down", "muted"))
    return rx.el.tr(
        rx.el.td(rx.el.div(row[0], class_name="strong"), rx.el.div(row[1], class_name="muted")),
        rx.el.td(rx.el.span(sign, " ", row[2], class_name=colour), class_name="num"),
        custom_attrs={"data-holds": row[3]},
    )
