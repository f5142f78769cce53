"""How Reflex builds the page and runs its states. Nothing here reads a setting: one build serves all of them."""

import reflex as rx

config = rx.Config(
    app_name="app",
    app_module_import="app.main",
    # The default writes every tab's state to disk; ours are views, and vanish without loss.
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    default_color_mode="dark",
    # Reflex judges no origin: it would do so by a list fixed here, and answer others all the same. The guard in front
    # of it knows the host and port that it is asked for.
    cors_allowed_origins=(),
    plugins=[
        rx.plugins.RadixThemesPlugin(
            theme=rx.theme(appearance="dark", accent_color="blue", gray_color="slate", radius="medium")
        )
    ],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
