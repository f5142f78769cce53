"""The curated tokens of every chain: addresses, decimals and the asset each is priced as."""

from app.domain.chains import CHAINS
from app.domain.tokens import Token, TokenKey

# chain id, EIP-55 address, symbol, name, decimals, CoinGecko id of the asset
_ROWS: tuple[tuple[int, str, str, str, int, str], ...] = (
    (1, "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", "WETH", "Wrapped Ether", 18, "weth"),
    (1, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "USDC", "USD Coin", 6, "usd-coin"),
    (1, "0xdAC17F958D2ee523a2206206994597C13D831ec7", "USDT", "Tether USD", 6, "tether"),
    (1, "0x6B175474E89094C44Da98b954EedeAC495271d0F", "DAI", "Dai Stablecoin", 18, "dai"),
    (1, "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599", "WBTC", "Wrapped BTC", 8, "wrapped-bitcoin"),
    (1, "0xcbB7C0000aB88B473b1f5aFd9ef808440eed33Bf", "cbBTC", "Coinbase Wrapped BTC", 8, "coinbase-wrapped-btc"),
    (1, "0x514910771AF9Ca656af840dff83E8264EcF986CA", "LINK", "Chainlink", 18, "chainlink"),
    (1, "0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984", "UNI", "Uniswap", 18, "uniswap"),
    (1, "0x7Fc66500c84A76Ad7e9c93437bFc5Ac33E2DDaE9", "AAVE", "Aave", 18, "aave"),
    (1, "0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0", "wstETH", "Wrapped liquid staked Ether 2.0", 18, "wrapped-steth"),
    (1, "0xae78736Cd615f374D3085123A210448E74Fc6393", "rETH", "Rocket Pool ETH", 18, "rocket-pool-eth"),
    (1, "0xCd5fE23C85820F7B72D0926FC9b05b43E359b7ee", "weETH", "Wrapped eETH", 18, "wrapped-eeth"),
    (1, "0x5A98FcBEA516Cf06857215779Fd812CA3beF1B32", "LDO", "Lido DAO", 18, "lido-dao"),
    (1, "0xD533a949740bb3306d119CC777fa900bA034cd52", "CRV", "Curve DAO Token", 18, "curve-dao-token"),
    (1, "0xc00e94Cb662C3520282E6f5717214004A7f26888", "COMP", "Compound", 18, "compound-governance-token"),
    (1, "0x6982508145454Ce325dDbE47a25d4ec3d2311933", "PEPE", "Pepe", 18, "pepe"),
    (1, "0x95aD61b0a150d79219dCF64E1E6Cc01f0B64C4cE", "SHIB", "Shiba Inu", 18, "shiba-inu"),
    (1, "0x57e114B691Db790C35207b2e685D4A43181e6061", "ENA", "Ethena", 18, "ethena"),
    (1, "0xfAbA6f8e4a5E8Ab82F62fe7C39859FA577269BE3", "ONDO", "Ondo", 18, "ondo-finance"),
    (1, "0xB50721BCf8d664c30412Cfbc6cf7a15145234ad1", "ARB", "Arbitrum", 18, "arbitrum"),
    (1, "0x455e53CBB86018Ac2B8092FdCd39d8444aFFC3F6", "POL", "Polygon Ecosystem Token", 18, "polygon-ecosystem-token"),
    (1, "0xc944E90C64B2c07662A292be6244BDf05Cda44a7", "GRT", "The Graph", 18, "the-graph"),
    (1, "0xC18360217D8F7Ab5e7c516566761Ea12Ce7F9D72", "ENS", "Ethereum Name Service", 18, "ethereum-name-service"),
    (1, "0x808507121B80c02388fAd14726482e061B8da827", "PENDLE", "Pendle", 18, "pendle"),
    (1, "0x4c9EDD5852cd905f086C759E8383e09bff1E68B3", "USDe", "Ethena USDe", 18, "ethena-usde"),
    (1, "0x6c3ea9036406852006290770BEdFcAbA0e23A0e8", "PYUSD", "PayPal USD", 6, "paypal-usd"),
    (1, "0x1aBaEA1f7C830bD89Acc67eC4af516284b1bC33c", "EURC", "EURC", 6, "euro-coin"),
    (8453, "0x4200000000000000000000000000000000000006", "WETH", "Wrapped Ether", 18, "weth"),
    (8453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USDC", "USD Coin", 6, "usd-coin"),
    (8453, "0xd9aAEc86B65D86f6A7B5B1b0c42FFA531710b6CA", "USDbC", "USD Base Coin (bridged USDC)", 6, "usd-coin"),
    (8453, "0xfde4C96c8593536E31F229EA8f37b2ADa2699bb2", "USDT", "Tether USD", 6, "tether"),
    (8453, "0x50c5725949A6F0c72E6C4a641F24049A917DB0Cb", "DAI", "Dai Stablecoin", 18, "dai"),
    (8453, "0x60a3E35Cc302bFA44Cb288Bc5a4F316Fdb1adb42", "EURC", "EURC", 6, "euro-coin"),
    (8453, "0xcbB7C0000aB88B473b1f5aFd9ef808440eed33Bf", "cbBTC", "Coinbase Wrapped BTC", 8, "coinbase-wrapped-btc"),
    (8453, "0x0555E30da8f98308EdB960aa94C0Db47230d2B9c", "WBTC", "Wrapped BTC", 8, "wrapped-bitcoin"),
    (
        8453,
        "0x2Ae3F1Ec7F1F5012CFEab0185bfc7aa3cf0DEc22",
        "cbETH",
        "Coinbase Wrapped Staked ETH",
        18,
        "coinbase-wrapped-staked-eth",
    ),
    (
        8453,
        "0xc1CBa3fCea344f92D9239c08C0568f6F2F0ee452",
        "wstETH",
        "Wrapped liquid staked Ether 2.0",
        18,
        "wrapped-steth",
    ),
    (8453, "0x04C0599Ae5A44757c0af6F9eC3b93da8976c150A", "weETH", "Wrapped eETH", 18, "wrapped-eeth"),
    (8453, "0x88Fb150BDc53A65fe94Dea0c9BA0a6dAf8C6e196", "LINK", "Chainlink", 18, "chainlink"),
    (8453, "0xc3De830EA07524a0761646a6a4e4be0e114a3C83", "UNI", "Uniswap", 18, "uniswap"),
    (8453, "0x63706e401c06ac8513145b7687A14804d17f814b", "AAVE", "Aave", 18, "aave"),
    (8453, "0x9e1028F5F1D5eDE59748FFceE5532509976840E0", "COMP", "Compound", 18, "compound-governance-token"),
    (8453, "0x940181a94A35A4569E4529A3CDfB74e38FD98631", "AERO", "Aerodrome Finance", 18, "aerodrome-finance"),
    (8453, "0x0b3e328455c4059EEb9e3f84b5543F74E24e7E1b", "VIRTUAL", "Virtuals Protocol", 18, "virtual-protocol"),
    (8453, "0xBAa5CC21fd487B8Fcc2F632f3F4E8D37262a0842", "MORPHO", "Morpho", 18, "morpho"),
    (8453, "0x532f27101965dd16442E59d40670FaF5eBB142E4", "BRETT", "Brett", 18, "based-brett"),
    (8453, "0x4ed4E862860beD51a9570b96d89aF5E1B0Efefed", "DEGEN", "Degen", 18, "degen-base"),
    (8453, "0xAC1Bd2486aAf3B5C0fc3Fd868558b082a531B2B4", "TOSHI", "Toshi", 18, "toshi"),
    (42161, "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1", "WETH", "Wrapped Ether", 18, "weth"),
    (42161, "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", "USDC", "USD Coin", 6, "usd-coin"),
    (42161, "0xFF970A61A04b1cA14834A43f5dE4533eBDDB5CC8", "USDC.e", "USD Coin (bridged)", 6, "usd-coin"),
    (42161, "0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9", "USDT0", "USDT0 (Tether USD)", 6, "tether"),
    (42161, "0xDA10009cBd5D07dd0CeCc66161FC93D7c9000da1", "DAI", "Dai Stablecoin", 18, "dai"),
    (42161, "0x2f2a2543B76A4166549F7aaB2e75Bef0aefC5B0f", "WBTC", "Wrapped BTC", 8, "wrapped-bitcoin"),
    (42161, "0xcbB7C0000aB88B473b1f5aFd9ef808440eed33Bf", "cbBTC", "Coinbase Wrapped BTC", 8, "coinbase-wrapped-btc"),
    (42161, "0x912CE59144191C1204E64559FE8253a0e49E6548", "ARB", "Arbitrum", 18, "arbitrum"),
    (42161, "0xf97f4df75117a78c1A5a0DBb814Af92458539FB4", "LINK", "Chainlink", 18, "chainlink"),
    (42161, "0xFa7F8980b0f1E64A2062791cc3b0871572f1F7f0", "UNI", "Uniswap", 18, "uniswap"),
    (42161, "0xba5DdD1f9d7F570dc94a51479a000E3BCE967196", "AAVE", "Aave", 18, "aave"),
    (42161, "0xfc5A1A6EB076a2C7aD06eD22C90d7E710E35ad0a", "GMX", "GMX", 18, "gmx"),
    (42161, "0x0c880f6761F1af8d9Aa9C466984b80DAb9a8c9e8", "PENDLE", "Pendle", 18, "pendle"),
    (
        42161,
        "0x5979D7b546E38E414F7E9822514be443A4800529",
        "wstETH",
        "Wrapped liquid staked Ether 2.0",
        18,
        "wrapped-steth",
    ),
    (10, "0x4200000000000000000000000000000000000006", "WETH", "Wrapped Ether", 18, "weth"),
    (10, "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85", "USDC", "USD Coin", 6, "usd-coin"),
    (10, "0x7F5c764cBc14f9669B88837ca1490cCa17c31607", "USDC.e", "USD Coin (bridged)", 6, "usd-coin"),
    (10, "0x94b008aA00579c1307B0EF2c499aD98a8ce58e58", "USDT", "Tether USD", 6, "tether"),
    (10, "0xDA10009cBd5D07dd0CeCc66161FC93D7c9000da1", "DAI", "Dai Stablecoin", 18, "dai"),
    (10, "0x68f180fcCe6836688e9084f035309E29Bf0A2095", "WBTC", "Wrapped BTC", 8, "wrapped-bitcoin"),
    (10, "0x4200000000000000000000000000000000000042", "OP", "Optimism", 18, "optimism"),
    (10, "0x350a791Bfc2C21F9Ed5d10980Dad2e2638ffa7f6", "LINK", "Chainlink", 18, "chainlink"),
    (10, "0x76FB31fb4af56892A25e32cFC43De717950c9278", "AAVE", "Aave", 18, "aave"),
    (10, "0x9560e827aF36c94D2Ac33a39bCE1Fe78631088Db", "VELO", "Velodrome Finance", 18, "velodrome-finance"),
    (
        10,
        "0x1F32b1c2345538c0c6f582fCB022739c4A194Ebb",
        "wstETH",
        "Wrapped liquid staked Ether 2.0",
        18,
        "wrapped-steth",
    ),
    (137, "0x0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270", "WPOL", "Wrapped POL", 18, "wmatic"),
    (137, "0x7ceB23fD6bC0adD59E62ac25578270cFf1b9f619", "WETH", "Wrapped Ether", 18, "weth"),
    (137, "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", "USDC", "USD Coin", 6, "usd-coin"),
    (137, "0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174", "USDC.e", "USD Coin (bridged)", 6, "usd-coin"),
    (137, "0xc2132D05D31c914a87C6611C10748AEb04B58e8F", "USDT", "Tether USD", 6, "tether"),
    (137, "0x8f3Cf7ad23Cd3CaDbD9735AFf958023239c6A063", "DAI", "Dai Stablecoin", 18, "dai"),
    (137, "0x1BFD67037B42Cf73acF2047067bd4F2C47D9BfD6", "WBTC", "Wrapped BTC", 8, "wrapped-bitcoin"),
    (137, "0x53E0bca35eC356BD5ddDFebbD1Fc0fD03FaBad39", "LINK", "Chainlink", 18, "chainlink"),
    (137, "0xb33EaAd8d922B1083446DC23f610c2567fB5180f", "UNI", "Uniswap", 18, "uniswap"),
    (137, "0xD6DF932A45C0f255f85145f286eA0b292B21C90B", "AAVE", "Aave", 18, "aave"),
    (84532, "0x4200000000000000000000000000000000000006", "WETH", "Wrapped Ether", 18, "weth"),
    (84532, "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC", "USD Coin", 6, "usd-coin"),
    (84532, "0xE4aB69C077896252FAFBD49EFD26B5D171A32410", "LINK", "Chainlink", 18, "chainlink"),
    (11155111, "0xfFf9976782d46CC05630D1f6eBAb18b2324d6B14", "WETH", "Wrapped Ether", 18, "weth"),
    (11155111, "0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238", "USDC", "USD Coin", 6, "usd-coin"),
    (11155111, "0x779877A7B0D9E8603169DdbD7836e478b4624789", "LINK", "Chainlink", 18, "chainlink"),
    (11155111, "0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984", "UNI", "Uniswap", 18, "uniswap"),
)

REGISTRY: dict[TokenKey, Token] = {token.key: token for token in (Token(*row) for row in _ROWS)}


# What a new session watches, by chain; a testnet watches what it has.
WATCHLISTS: dict[int, tuple[str, ...]] = {
    1: ("WETH", "WBTC", "LINK", "UNI", "AAVE", "PEPE"),
    10: ("WETH", "WBTC", "OP", "LINK", "VELO", "wstETH"),
    137: ("WPOL", "WETH", "WBTC", "LINK", "AAVE", "UNI"),
    8453: ("WETH", "cbBTC", "AERO", "LINK", "VIRTUAL", "DEGEN"),
    42161: ("WETH", "WBTC", "ARB", "LINK", "GMX", "PENDLE"),
    84532: ("WETH", "LINK", "USDC"),
    11155111: ("WETH", "LINK", "UNI"),
}


# Looked up at every tick, for every token.
_ON_CHAIN = {chain_id: tuple(each for each in REGISTRY.values() if each.chain_id == chain_id) for chain_id in CHAINS}
_NAMED = {(token.chain_id, token.symbol.lower()): token for token in reversed(REGISTRY.values())}


def on_chain(chain_id: int) -> tuple[Token, ...]:
    """The curated tokens of one chain, in the order of the registry."""
    return _ON_CHAIN.get(chain_id, ())


def priced_as(token: Token) -> Token | None:
    """The token whose market prices this one: itself on a mainnet; on a testnet the curated token of the
    reference chain that is the same asset, or None where there is no such asset (it has no market)."""
    chain = CHAINS[token.chain_id]
    if not chain.is_testnet:
        return token
    known = REGISTRY.get(token.key)
    if known is None:
        return None
    for other in on_chain(chain.reference_id):
        if other.coingecko_id == known.coingecko_id:
            return other
    return None


def named(chain_id: int, symbol: str) -> Token | None:
    """The curated token of this chain with this symbol (any case); the first of them where two share it."""
    return _NAMED.get((chain_id, symbol.lower()))


def usdc_of(chain_id: int) -> Token:
    """The dollar that swaps on this chain are made in."""
    return _demand(chain_id, "USDC")


def native_of(chain_id: int) -> Token:
    """The token whose price is that of the chain's native coin, in which gas is paid: wrapped ether, or POL."""
    return _demand(chain_id, {"ETH": "WETH", "POL": "WPOL"}[CHAINS[chain_id].native])


def _demand(chain_id: int, symbol: str) -> Token:
    token = named(chain_id, symbol)
    if token is None:
        raise LookupError(f"the registry has no {symbol} on chain {chain_id}")
    return token
