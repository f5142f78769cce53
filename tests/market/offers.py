"""What aggregators answer when all is well, written from their documentation, and asks and quoters to go with it."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from app.domain.orders import Side
from app.domain.quotes import Ask, Gas, Grade, Leg, Swap
from app.domain.refusal import Refusal
from app.market.quoting import WAYLESS
from tests.clock import START
from tests.market import answers as a

GAS = Gas(units=160_000, unit_wei=9_000_000, l1_wei=70_000_000_000)


def ask(side: Side = Side.SELL, exact: Leg = Leg.PAY, amount: str = "1", token: a.Token = a.WETH) -> Ask:
    """A swap of WETH on Base, unless told otherwise."""
    return Ask(token, a.USDC, side, exact, Decimal(amount))


SELL_ONE = ask()
BUY_ONE = ask(Side.BUY, Leg.RECEIVE)
BUY_FOR_2000 = ask(Side.BUY, Leg.PAY, "2000")

KYBERSWAP = a.answer(
    {
        "code": 0,
        "message": "successfully",
        "data": {
            "routeSummary": {
                "tokenIn": a.WETH.address,
                "amountIn": "1000000000000000000",
                "amountInUsd": "2087.84",
                "tokenOut": a.USDC.address,
                "amountOut": "2086100001",
                "amountOutUsd": "2086.1",
                "gas": "195000",
                "gasPrice": "1012345",
                "gasUsd": "0.0012",
                "l1FeeUsd": "0.0003",
                "extraFee": {"feeAmount": "", "chargeFeeBy": "", "isInBps": False, "feeReceiver": ""},
                "route": [
                    [{"pool": "0x01", "exchange": "uniswapv3"}, {"pool": "0x02", "exchange": "aerodrome-cl"}],
                    [{"pool": "0x03", "exchange": "uniswapv3"}],
                ],
                "routeID": "1",
                "checksum": "2",
                "timestamp": "1779092258",
            },
            "routerAddress": "0x6131B5fae19EA4f9D964eAc0408E4408b66337b5",
        },
        "requestId": "3",
    }
)


def velora(side: str, pay: str, receive: str, source: a.Token = a.WETH, target: a.Token = a.USDC) -> Any:
    """Velora's answer on Base, amounts in base units."""
    route = {
        "blockNumber": 41_000_000,
        "network": 8453,
        "srcToken": source.key.address,
        "srcDecimals": source.decimals,
        "srcAmount": pay,
        "srcUSD": "2087.8",
        "destToken": target.key.address,
        "destDecimals": target.decimals,
        "destAmount": receive,
        "destUSD": None,
        "bestRoute": [{"percent": 100, "swaps": [{"swapExchanges": [{"exchange": "UniswapV3"}]}]}],
        "gasCost": "180000",
        "gasCostUSD": "0.0021",
        "gasCostL1Wei": "12",
        "side": side,
        "contractMethod": "swapExactAmountIn",
        "partnerFee": 0,
        "maxImpactReached": False,
        "hmac": "4",
        "version": "6.2",
    }
    return a.answer({"priceRoute": route})


VELORA = velora("SELL", "1000000000000000000", "2086100002")
VELORA_BUY = velora("BUY", "2089000003", "1000000000000000000", a.USDC, a.WETH)

NOT_AMOUNTS = [None, 5, Decimal("2086.1"), True, "", "0", "-1", "1.5", "1e9", "0x1f", " 1", "٣", "9" * 61, [], {}]


def swap_of(question: Ask, grade: Grade = Grade.A) -> Swap:
    """A swap at 2,000 USDC a token, by somebody at START."""
    return Swap(
        ask=question,
        pay=Decimal(1),
        receive=Decimal(2000),
        spot=Decimal(2000),
        fee=Decimal("0.0005"),
        grade=grade,
        source="Somebody",
        route="0.05 %",
        gas=GAS,
        at=START,
    )


class FakeQuoter:
    """Answers every ask with what it was made with, and remembers the asks."""

    def __init__(self, answer: Swap | Refusal | Callable[[Ask], Swap | Refusal], gas: Gas | Refusal = GAS) -> None:
        self.asks: list[Ask] = []
        self.blocks: list[int | None] = []
        self._answer = answer
        self._gas = gas

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        self.asks.append(ask)
        self.blocks.append(block)
        return self._answer(ask) if callable(self._answer) else self._answer

    async def several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        """A refusal that is no word about the swap itself is one for all."""
        if isinstance(self._answer, Refusal) and self._answer.code not in WAYLESS:
            return self._answer
        return [await self.quote(ask) for ask in asks]

    async def gas(self, token_address: str) -> Gas | Refusal:
        assert token_address == a.WETH.address
        return self._gas

    async def head(self) -> int | None:
        return 41_000_000
