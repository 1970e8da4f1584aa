"""Settings: precedence, names, origins, and every problem of a bad start at once."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from arbedge.bootstrap.settings import LoadedSettings, default_data_dir, load_settings, settings_catalogue
from arbedge.bootstrap.settings_problems import InvalidSettings, Problem
from arbedge.domain.instrument import MarketKind
from arbedge.domain.opportunity import OpportunityKind
from arbedge.errors import ConfigError

PAIRS = '[{"symbol": "BTCUSDT", "base": "btc", "quote": "USDT", "exchange_id": "Binance"}]'
KEY = "k" * 32


def load(tmp_path: Path, environ: dict[str, str] | None = None, toml: str = "", **overrides: str) -> LoadedSettings:
    if toml:
        (tmp_path / "arbedge.toml").write_text(toml)
    given = {path.replace("__", "."): text for path, text in overrides.items()}
    return load_settings({"HOME": "/home/someone", **(environ or {})}, folder=tmp_path, overrides=given)


def problems(tmp_path: Path, environ: dict[str, str] | None = None, toml: str = "") -> list[Problem]:
    with pytest.raises(InvalidSettings) as caught:
        load(tmp_path, environ, toml)
    return list(caught.value.problems)


def test_starts_without_any_setting(tmp_path):
    loaded = load(tmp_path)
    settings = loaded.settings
    assert settings.exchanges == ("binance", "bybit", "okx", "bitget")
    assert settings.opportunities.kinds == tuple(OpportunityKind)
    assert settings.opportunities.threshold == Decimal("0.001")
    assert settings.opportunities.min_net_bps == 5
    assert settings.market.heartbeat_s == 5
    assert settings.data_dir == Path("/home/someone/.local/share/arbedge")
    assert set(loaded.sources().values()) == {"default"}
    assert loaded.notices == ()


def test_names_of_existing_deployments(tmp_path):
    loaded = load(
        tmp_path,
        {
            "EXCHANGES": "binance, bybit,okx,bitget,binance",
            "MONITORED_PAIRS_CONFIG": PAIRS,
            "ARBITRAGE_THRESHOLD": "0.002",
            "MIN_NET_BPS": "7.5",
            "ENCRYPTION_KEY": KEY,
        },
    )
    settings = loaded.settings
    assert settings.exchanges == ("binance", "bybit", "okx", "bitget")
    assert settings.opportunities.threshold == Decimal("0.002")
    assert settings.opportunities.min_net_bps == Decimal("7.5")
    assert settings.encryption_key is not None
    assert settings.encryption_key.get_secret_value() == KEY
    (pair,) = settings.market.monitored_pairs
    assert (pair.symbol, pair.base, pair.quote, pair.exchange_id) == ("BTCUSDT", "BTC", "USDT", "binance")
    assert loaded.sources()["opportunities.threshold"] == "environment (ARBITRAGE_THRESHOLD)"
    assert any("restricted to 1 pairs" in notice and "BTCUSDT on binance" in notice for notice in loaded.notices)


def test_monitored_pair_of_an_unwatched_venue_is_said(tmp_path):
    loaded = load(tmp_path, {"EXCHANGES": "binance", "MONITORED_PAIRS_CONFIG": PAIRS.replace("Binance", "okx")})
    assert any("okx" in notice and "not watched" in notice for notice in loaded.notices)


def test_command_line_over_environment_over_file_over_default(tmp_path):
    toml = "[market]\nskew_s = 0.7\nheartbeat_s = 7\ndepth_levels = 20\n"
    environ = {"ARBEDGE_MARKET__SKEW_S": "0.6", "ARBEDGE_MARKET__HEARTBEAT_S": "6"}
    loaded = load(tmp_path, environ, toml, market__skew_s="0.5")
    market = loaded.settings.market
    assert (market.skew_s, market.heartbeat_s, market.depth_levels, market.confirmation_s) == (0.5, 6, 20, 60)
    sources = loaded.sources()
    assert sources["market.skew_s"] == "command line (market.skew_s)"
    assert sources["market.heartbeat_s"] == "environment (ARBEDGE_MARKET__HEARTBEAT_S)"
    assert sources["market.depth_levels"] == f"{tmp_path}/arbedge.toml (market.depth_levels)"
    assert sources["market.confirmation_s"] == "default"


def test_prefixed_name_wins_over_alias_and_says_so(tmp_path):
    loaded = load(tmp_path, {"MIN_NET_BPS": "1", "ARBEDGE_OPPORTUNITIES__MIN_NET_BPS": "2"})
    assert loaded.settings.opportunities.min_net_bps == 2
    assert loaded.notices == ("MIN_NET_BPS is ignored because ARBEDGE_OPPORTUNITIES__MIN_NET_BPS is set too",)


def test_exact_decimals_from_a_file(tmp_path):
    toml = "[venues.binance]\nspot_taker_fee = 0.00075\n[venues.binance.borrow_rates_hourly]\nbtc = 0.0000012345678901234\n"
    venue = load(tmp_path, toml=toml).settings.venues.binance
    assert venue.spot_taker_fee == Decimal("0.00075")
    assert venue.borrow_rates_hourly == {"BTC": Decimal("0.0000012345678901234")}


@pytest.mark.parametrize(
    "environ",
    [
        {"ARBEDGE_VENUES__OKX__BORROW_RATES_HOURLY": "BTC=0.00001,ETH=0.00002"},
        {"ARBEDGE_VENUES__OKX__BORROW_RATES_HOURLY": '{"BTC": 0.00001, "ETH": "0.00002"}'},
        {
            "ARBEDGE_VENUES__OKX__BORROW_RATES_HOURLY__BTC": "0.00001",
            "ARBEDGE_VENUES__OKX__BORROW_RATES_HOURLY__ETH": "0.00002",
        },
    ],
)
def test_tables_in_the_environment(tmp_path, environ):
    rates = load(tmp_path, environ).settings.venues.okx.borrow_rates_hourly
    assert rates == {"BTC": Decimal("0.00001"), "ETH": Decimal("0.00002")}


def test_sources_add_to_each_others_tables(tmp_path):
    toml = "[venues.okx.borrow_rates_hourly]\nBTC = 0.00001\nETH = 0.00003\n"
    environ = {"ARBEDGE_VENUES__OKX__BORROW_RATES_HOURLY__ETH": "0.00002"}
    rates = load(tmp_path, environ, toml).settings.venues.okx.borrow_rates_hourly
    assert rates == {"BTC": Decimal("0.00001"), "ETH": Decimal("0.00002")}


@pytest.mark.parametrize("text", ["1,8,24", "[1, 8, 24]", "24, 8,1, 8"])
def test_lists_in_the_environment(tmp_path, text):
    loaded = load(tmp_path, {"ARBEDGE_OPPORTUNITIES__HORIZONS_H": text})
    assert loaded.settings.opportunities.horizons_h == (1, 8, 24)


def test_kinds_are_typed(tmp_path):
    environ = {"ARBEDGE_OPPORTUNITIES__KINDS": "triangular", "ARBEDGE_VENUES__BINANCE__KINDS": "spot"}
    settings = load(tmp_path, environ).settings
    assert settings.opportunities.kinds == (OpportunityKind.TRIANGULAR,)
    assert settings.venues.binance.kinds == (MarketKind.SPOT,)


def test_base_url_of_a_venue(tmp_path):
    environ = {"ARBEDGE_VENUES__BINANCE__BASE_URL": "http://127.0.0.1:18080/"}
    assert load(tmp_path, environ).settings.venues.binance.base_url == "http://127.0.0.1:18080"


def test_empty_text_counts_as_not_set(tmp_path):
    loaded = load(
        tmp_path, {"ENCRYPTION_KEY": "", "EXCHANGES": " ", "ARBEDGE_MARKET__SKEW_S": ""}, 'log_level = ""'
    )
    assert loaded.settings.encryption_key is None
    assert set(loaded.sources().values()) == {"default"}


def test_every_problem_at_once_under_the_names_that_were_written(tmp_path):
    found = problems(
        tmp_path,
        {
            "EXCHANGES": "binance,kraken",
            "ARBITRAGE_THRESHOLD": "much",
            "ENCRYPTION_KEY": "short-secret",
            "MONITORED_PAIRS_CONFIG": '[{"symbol": "BTCUSDT", "base": "BTC", "exchange_id": "kraken"}]',
            "ARBEDGE_MARKET__HEARTBEAT_S": "-1",
            "ARBEDGE_MARKET__SKWE_S": "1",
            "ARBEDGE_VENUES__OKX__PROXY": "socks9://me:hunter2@example.org:1080",
        },
        "[storage]\nbatch_rows = 0\nsynchronos = 'FULL'\n",
    )
    named = {problem.name: problem for problem in found}
    assert set(named) == {
        "EXCHANGES[1]",
        "ARBITRAGE_THRESHOLD",
        "ENCRYPTION_KEY",
        "MONITORED_PAIRS_CONFIG[0].quote",
        "MONITORED_PAIRS_CONFIG[0].exchange_id",
        "ARBEDGE_MARKET__HEARTBEAT_S",
        "ARBEDGE_MARKET__SKWE_S",
        "ARBEDGE_VENUES__OKX__PROXY",
        "storage.batch_rows",
        "storage.synchronos",
    }
    assert named["EXCHANGES[1]"].value == '"kraken"'
    assert "binance, bybit, okx, bitget" in named["EXCHANGES[1]"].expected
    assert named["ARBITRAGE_THRESHOLD"].value == '"much"'
    assert named["ARBITRAGE_THRESHOLD"].expected == "expected a number, at least 0, at most 1"
    assert "32 bytes" in named["ENCRYPTION_KEY"].expected
    assert named["ARBEDGE_MARKET__SKWE_S"].expected == "no such setting; did you mean ARBEDGE_MARKET__SKEW_S?"
    assert named["storage.synchronos"].expected == "no such setting; did you mean storage.synchronous?"


def test_secrets_never_show(tmp_path):
    environ = {
        "ENCRYPTION_KEY": "short-secret",
        "ARBEDGE_ENCRYPTON_KEY": "misspelt-secret",
        "ARBEDGE_VENUES__OKX__PROXY": "socks9://me:hunter2@example.org:1080",
        "ARBEDGE_VENUES__OKX__BASE_URL": "http://me:hunter3@example.org",
    }
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, environ)
    for secret in ("short-secret", "misspelt-secret", "hunter2", "hunter3"):
        assert secret not in str(caught.value)
        assert secret not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__

    good = load(
        tmp_path, {"ENCRYPTION_KEY": KEY, "ARBEDGE_VENUES__OKX__PROXY": "socks5://me:hunter2@example.org:1"}
    )
    assert good.secrets() == (KEY, "socks5://me:hunter2@example.org:1")
    shown = "\n".join(f"{line.path}={line.value}" for line in good.lines()) + repr(good.settings)
    assert KEY not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ARBEDGE_MIN_NET_BPS", "did you mean MIN_NET_BPS?"),
        ("ARBEDGE_MARKET", "is a group of settings"),
        ("ARBEDGE_VENUES__BINANCE__BASEURL", "did you mean ARBEDGE_VENUES__BINANCE__BASE_URL?"),
        ("ARBEDGE_QUITE_ELSE", "docs/reference/settings.md"),
    ],
)
def test_unknown_variable(tmp_path, name, expected):
    (problem,) = problems(tmp_path, {name: "1"})
    assert problem.name == name
    assert expected in problem.expected


def test_unknown_file_key_is_looked_for_in_every_group(tmp_path):
    (problem,) = problems(tmp_path, toml="threshold = 0.1")
    assert problem.expected == "no such setting; did you mean opportunities.threshold?"


@pytest.mark.parametrize(
    ("toml", "name", "expected"),
    [
        ("market = 5", "market", "write it as a table [market]"),
        ("= broken", "arbedge.toml", "is not valid TOML"),
        ("[market]\nskew_s = true", "market.skew_s", "a number"),
        ("[market]\nskew_s = nan", "market.skew_s", "a number"),
        ("[venues.okx]\nborrow_rates_hourly = 5", "venues.okx.borrow_rates_hourly", "a table of name = number"),
        ("[venues.okx.borrow_rates_hourly]\nBTC = 0.5", "venues.okx.borrow_rates_hourly.BTC", "hourly rate"),
        ("[market]\nconfirmation_s = 1\ndetail_confirmation_s = 2", "market.confirmation_s", "must not exceed"),
        ("[opportunities]\nhorizons_h = [0]", "opportunities.horizons_h", "above 0"),
        ("[opportunities]\nsize_curve_notionals = [-1]", "opportunities.size_curve_notionals", "above 0"),
    ],
)
def test_wrong_file(tmp_path, toml, name, expected):
    (problem,) = problems(tmp_path, toml=toml)
    assert name in problem.name
    assert expected in problem.expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MONITORED_PAIRS_CONFIG", "[{"),
        ("MONITORED_PAIRS_CONFIG", "BTCUSDT"),
        ("MONITORED_PAIRS_CONFIG", "[" * 100_000),
        ("ARBEDGE_VENUES__OKX__BORROW_RATES_HOURLY", "BTC"),
        ("ARBEDGE_VENUES__OKX__BASE_URL", "127.0.0.1:80"),
        ("ARBEDGE_VENUES__OKX__BASE_URL", "http://host/path"),
        ("ARBEDGE_VENUES__OKX__BASE_URL", "http://host:99999"),
        ("ARBEDGE_VENUES__OKX__PROXY", "socks5://host"),
        ("MIN_NET_BPS", "1e999999999"),
        ("EXCHANGES", ","),
    ],
)
def test_wrong_text(tmp_path, name, text):
    found = problems(tmp_path, {name: text})
    assert all(problem.name.startswith(name) for problem in found)
    assert len(str(found[0])) < 600


def test_one_problem_is_one_line(tmp_path):
    with pytest.raises(InvalidSettings) as caught:
        load(tmp_path, {"MIN_NET_BPS": "x"})
    assert (
        str(caught.value) == 'wrong setting: MIN_NET_BPS = "x": expected a number, at least -10000, at most 10000'
    )


def test_wrong_item_of_a_list_is_one_problem(tmp_path):
    (problem,) = problems(tmp_path, {"EXCHANGES": "kraken"})
    assert str(problem) == 'EXCHANGES[0] = "kraken": expected a list of binance, bybit, okx, bitget, hyperliquid'
    (problem,) = problems(tmp_path, {"ARBEDGE_OPPORTUNITIES__HORIZONS_H": "1,0"})
    assert str(problem).startswith('ARBEDGE_OPPORTUNITIES__HORIZONS_H = "1,0": every horizon must be above 0')


def test_file_problems_come_with_environment_problems(tmp_path):
    assert len(problems(tmp_path, {"MIN_NET_BPS": "x"}, "= broken")) == 2


def test_named_file_must_be_there(tmp_path):
    (problem,) = problems(tmp_path, {"ARBEDGE_CONFIG": "missing.toml"})
    assert problem.name == "ARBEDGE_CONFIG"
    (tmp_path / "other.toml").write_text("[market]\nskew_s = 2\n")
    assert load(tmp_path, {"ARBEDGE_CONFIG": "other.toml"}).settings.market.skew_s == 2


def test_unreadable_file(tmp_path):
    (tmp_path / "arbedge.toml").write_bytes(b"\xff\xfe")
    (problem,) = problems(tmp_path)
    assert "UTF-8" in problem.expected
    (tmp_path / "arbedge.toml").unlink()
    (tmp_path / "arbedge.toml").mkdir()
    (problem,) = problems(tmp_path)
    assert "cannot be read" in problem.expected


def test_unknown_override_of_the_command_line(tmp_path):
    with pytest.raises(InvalidSettings, match=r"did you mean market\.skew_s"):
        load(tmp_path, market__skews="1")


def test_hash_knows_figures_and_forgets_secrets_and_places(tmp_path):
    plain = load(tmp_path).config_hash
    assert (
        load(tmp_path, {"ENCRYPTION_KEY": KEY, "ARBEDGE_DATA_DIR": "/x", "ARBEDGE_LOG_LEVEL": "debug"}).config_hash
        == plain
    )
    assert load(tmp_path, {"ARBEDGE_VENUES__OKX__PROXY": "socks5://h:1"}).config_hash == plain
    assert load(tmp_path, {"MIN_NET_BPS": "5.00"}).config_hash == plain
    assert load(tmp_path, {"MIN_NET_BPS": "5.01"}).config_hash != plain
    assert load(tmp_path, {"MONITORED_PAIRS_CONFIG": PAIRS}).config_hash != plain


@pytest.mark.parametrize(
    ("given", "path"),
    [("~/books", "/home/someone/books"), ("/var/lib/arbedge", "/var/lib/arbedge")],
)
def test_data_dir(tmp_path, given, path):
    assert load(tmp_path, {"ARBEDGE_DATA_DIR": given}).settings.data_dir == Path(path)
    assert load(tmp_path, {"ARBEDGE_DATA_DIR": "here"}).settings.data_dir == tmp_path / "here"


def test_default_data_dir_of_platforms():
    home = Path("/home/x")
    assert default_data_dir({"XDG_DATA_HOME": "/data"}, "linux", home) == Path("/data/arbedge")
    assert default_data_dir({"XDG_DATA_HOME": "relative"}, "linux", home) == home / ".local/share/arbedge"
    assert default_data_dir({}, "darwin", home) == home / "Library/Application Support/arbedge"


def test_lines_show_every_setting(tmp_path):
    lines = load(tmp_path, {"MONITORED_PAIRS_CONFIG": PAIRS}).lines()
    assert [line.path for line in lines] == list(settings_catalogue())
    shown = {line.path: line.value for line in lines}
    assert shown["exchanges"] == "binance,bybit,okx,bitget"
    assert shown["venues.okx.base_url"] == "unset"
    assert json.loads(shown["market.monitored_pairs"])[0]["symbol"] == "BTCUSDT"
