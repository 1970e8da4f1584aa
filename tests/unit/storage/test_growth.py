from decimal import Decimal

from arbedge.storage.repositories.growth import is_stale, trail_after


def kept_steps(events):
    trail, kept = None, []
    for event in events:
        if is_stale(event, trail):
            continue
        is_kept, trail = trail_after(event, trail)
        if is_kept:
            kept.append(event)
    return kept


def test_a_busy_life_is_kept_once_a_second(samples) -> None:
    life = [samples.opened(), *(samples.updated(at=n / 10, peak="12.5") for n in range(1, 101))]
    assert len(kept_steps(life)) == 1 + 10


def test_a_long_life_grows_with_the_logarithm_of_its_length(samples) -> None:
    def kept_after(life_s):
        life = (samples.updated(at=n, peak="12.5") for n in range(1, life_s))
        return len(kept_steps([samples.opened(), *life]))

    hour, quarter_day = kept_after(3600), kept_after(21_600)
    assert 250 < hour < 320
    assert quarter_day - hour < 120  # 60 ln 6


def test_a_new_peak_is_always_kept(samples) -> None:
    peak = samples.updated(at=0.1, peak="13")
    life = [samples.opened(peak="12.5"), peak, samples.updated(at=0.2, peak="13")]
    assert kept_steps(life) == [life[0], peak]


def test_a_close_is_always_kept_and_ends_it(samples) -> None:
    life = [samples.opened(), samples.closed(at=0.1), samples.closed(at=5), samples.updated(at=9)]
    assert kept_steps(life) == life[:2]


def test_an_older_step_is_stale(samples) -> None:
    _, trail = trail_after(samples.updated(at=2), None)
    assert is_stale(samples.updated(at=1), trail)
    assert is_stale(samples.opened(at=2), trail)
    assert not is_stale(samples.updated(at=2), trail)
    assert not is_stale(samples.closed(at=2), trail)


def test_the_peak_never_falls(samples) -> None:
    _, high = trail_after(samples.opened(peak="20"), None)
    _, after = trail_after(samples.updated(at=5, peak="3"), high)
    assert after.peak_net_bps == Decimal(20)
