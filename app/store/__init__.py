"""Memory on disk: tables, exact columns and plain queries. The only room with SQLModel."""
