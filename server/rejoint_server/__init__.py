"""The Rejoint server: Litestar features over the decisions of rejoint_sync."""
