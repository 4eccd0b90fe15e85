"""Figures count what happened and name nobody."""

from rejoint_server.operations.metrics import OTHER, ROUTES_MAX, Metrics


def test_requests_are_counted_by_method_route_and_status() -> None:
    metrics = Metrics()
    for _ in range(3):
        metrics.count("GET", "/db/{db}", 200, 0.002)
    metrics.count("GET", "/db/{db}", 404, 0.002)
    page = metrics.page().decode()
    assert 'rejoint_requests_total{method="GET",route="/db/{db}",status="200"} 3.0' in page
    assert 'rejoint_requests_total{method="GET",route="/db/{db}",status="404"} 1.0' in page
    assert 'rejoint_request_seconds_bucket{le="0.0025",route="/db/{db}"} 4.0' in page
    assert 'rejoint_request_seconds_bucket{le="0.001",route="/db/{db}"} 0.0' in page


def test_the_number_of_routes_has_a_bound() -> None:
    metrics = Metrics()
    for n in range(ROUTES_MAX + 50):
        metrics.count("GET", f"/r{n}", 200, 0.1)
    page = metrics.page().decode()
    assert page.count("rejoint_request_seconds_count{") <= ROUTES_MAX + 1
    assert f'route="{OTHER}"' in page


def test_a_shown_figure_is_asked_for_at_each_page() -> None:
    metrics = Metrics()
    values = iter([1.0, 2.0])
    metrics.show("rejoint_x", "Words.", lambda: next(values))
    assert "rejoint_x 1.0" in metrics.page().decode()
    assert "rejoint_x 2.0" in metrics.page().decode()
