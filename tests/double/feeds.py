"""Where the Chainlink feeds and the sequencer feeds stand, by chain."""

from dataclasses import dataclass

from app.domain.tokens import TokenKey


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of eight decimals: the asset's price in dollars, or in units of `per`."""

    description: str
    asset: str
    per: str | None = None


_FIVE = (1, 8453, 42161, 10, 137)
_ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "ETH / USD",
        "weth",
        (
            "0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419",
            "0x71041dddad3595F9CEd3DcCFBe3D1F4b0a16Bb70",
            "0x639Fe6ab55C921f74e7fac1ee960C0B6293ba612",
            "0x13e3Ee699D1909E989722E753853AE30b17e08c5",
            "0xF9680D99D6C9589e2a93a78A04A279e509205945",
        ),
    ),
    (
        "BTC / USD",
        "bitcoin",
        (
            "0xF4030086522a5bEEa4988F8cA5B36dbC97BeE88c",
            "0x64c911996D3c6aC71f9b455B1E8E7266BcbD848F",
            "0x6ce185860a4963106506C203335A2910413708e9",
            "0xD702DD976Fb76Fffc2D3963D037dfDae5b04E593",
            "0xc907E116054Ad103354f2D350FD2514433D57F6f",
        ),
    ),
    (
        "LINK / USD",
        "chainlink",
        (
            "0x2c1d072e956AFFC0D435Cb7AC38EF18d24d9127c",
            "0x17CAb8FE31E32f08326e5E27412894e49B0f9D65",
            "0x86E53CF1B870786351Da77A57575e79CB55812CB",
            "0xCc232dcFAAE6354cE191Bd574108c1aD03f86450",
            "0xd9FFdb71EbE7496cC440152d43986Aae0AB76665",
        ),
    ),
    (
        "USDC / USD",
        "usd-coin",
        (
            "0x8fFfFfd4AfB6115b954Bd326cbe7B4BA576818f6",
            "0x7e860098F58bBFC8648a4311b374B1D669a2bc6B",
            "0x50834F3163758fcC1Df9973b6e91f0F0F0434aD3",
            "0x16a9FA2FDa030272Ce99B29CF780dFA30361E0f3",
            "0xfE4A8cc5b5B2366C1B58Bea3858e81843581b2F7",
        ),
    ),
    (
        "USDT / USD",
        "tether",
        (
            "0x3E7d1eAB13ad0104d2750B8863b489D65364e32D",
            "0xf19d560eB8d2ADf07BD6D13ed03e1D11215721F9",
            "0x3f3f5dF88dC9F13eac63DF89EC16ef6e7E25DdE7",
            "0xECef79E109e997bCA29c1c0897ec9d7b03647F5E",
            "0x0A6513e40db6EB1b165753AD52E80663aeA50545",
        ),
    ),
    (
        "DAI / USD",
        "dai",
        (
            "0xAed0c38402a5d19df6E4c03F4E2DceD6e29c1ee9",
            "0x591e79239a7d679378eC8c847e5038150364C78F",
            "0xc5C8E77B397E531B8EC06BFb0048328B30E9eCfB",
            "0x8dBa75e83DA73cc766A7e5a0ee71F656BAb470d6",
            "0x4746DeC9e833A82EC7C2C1356372CcF2cfcD2F3D",
        ),
    ),
    (
        "UNI / USD",
        "uniswap",
        (
            "0x553303d460EE0afB37EdFf9bE42922D8FF63220e",
            "",
            "0x9C917083fDb403ab5ADbEC26Ee294f6EcAda2720",
            "0x11429eE838cC01071402f21C219870cbAc0a59A0",
            "0xdf0Fb4e4F928d2dCB76f438575fDD8682386e13C",
        ),
    ),
    (
        "AAVE / USD",
        "aave",
        (
            "0x547a514d5e3769680Ce22B2361c10Ea13619e8a9",
            "0x3d6774EF702A10b20FCa8Ed40FC022f7E4938e07",
            "0xaD1d5344AaDE45F43E596773Bcc4c423EAbdD034",
            "0x338ed6787f463394D24813b297401B9F05a8C9d1",
            "0x72484B12719E23115761D5DA1646945632979bB6",
        ),
    ),
    (
        "cbBTC / USD",
        "coinbase-wrapped-btc",
        ("0x2665701293fCbEB223D11A08D826563EDcCE423A", "0x07DA0E54543a844a80ABE69c8A12F22B3aA59f9D"),
    ),
    (
        "WBTC / USD",
        "wrapped-bitcoin",
        (
            "",
            "0xCCADC697c55bbB68dc5bCdf8d3CBe83CdD4E071E",
            "0xd0C7101eACbB49F3deCcCc166d238410D6D46d57",
            "0x718A5788b89454aAE3A028AE9c111A29Be6c2a6F",
            "0xDE31F8bFBD8c84b5360CFACCa3539B938dd78ae6",
        ),
    ),
    ("AERO / USD", "aerodrome-finance", ("", "0x4EC5970fC728C5f65ba413992CD5fF6FD70fcfF0")),
    ("CBETH / USD", "coinbase-wrapped-staked-eth", ("", "0xd7818272B9e248357d13057AAb0B417aF31E817d")),
    ("EURC / USD", "euro-coin", ("", "0xDAe398520e2B67cd3f27aeF9Cf14D93D927f8250")),
    ("VIRTUAL / USD", "virtual-protocol", ("", "0xEaf310161c9eF7c813A14f8FEF6Fb271434019F7")),
    ("MORPHO / USD", "morpho", ("", "0xe95e258bb6615d47515Fc849f8542dA651f12bF6")),
    ("POL / USD", "polygon-ecosystem-token", ("", "", "", "", "0xAB594600376Ec9fD91F8e885dADF0CE036862dE0")),
)
_OTHERS: tuple[tuple[int, str, Feed], ...] = (
    (1, "0xfdFD9C85aD200c506Cf9e21F1FD8dd01932FBB23", Feed("WBTC / BTC", "wrapped-bitcoin", per="bitcoin")),
    (11155111, "0x694AA1769357215DE4FAC081bf1f309aDC325306", Feed("ETH / USD", "weth")),
    (84532, "0x4aDC67696bA383F43DD60A9e78F2C97Fbbfc7cb1", Feed("ETH / USD", "weth")),
    (84532, "0x0FB99723Aee6f420beAD13e6bBB79b7E6F034298", Feed("BTC / USD", "bitcoin")),
    (84532, "0xb113F5A928BCfF189C998ab20d753a47F9dE5A61", Feed("LINK / USD", "chainlink")),
)

FEEDS: dict[TokenKey, Feed] = {
    TokenKey(chain_id, address.lower()): Feed(description, asset)
    for description, asset, addresses in _ROWS
    for chain_id, address in zip(_FIVE, addresses, strict=False)
    if address
} | {TokenKey(chain_id, address.lower()): feed for chain_id, address, feed in _OTHERS}

SEQUENCERS: frozenset[TokenKey] = frozenset(
    TokenKey(chain_id, address.lower())
    for chain_id, address in (
        (8453, "0xBCF85224fc0756B9Fa45aA7892530B47e10b6433"),
        (42161, "0xFdB631F5EE196F0ed6FAa767959853A9F217697D"),
        (10, "0x371EAD81c9102C9BF4874A9075FFFf170F2Ee389"),
    )
)
