"""The chains that a session can be on, and the mainnet whose prices a testnet borrows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chain:
    """An EVM chain.

    `reference_id` is the chain whose pools and prices stand for this one's: itself, or for a testnet
    the mainnet that it imitates.
    """

    id: int
    name: str
    native: str
    reference_id: int

    @property
    def is_testnet(self) -> bool:
        return self.reference_id != self.id


CHAINS: dict[int, Chain] = {
    chain.id: chain
    for chain in (
        Chain(1, "Ethereum", "ETH", 1),
        Chain(10, "Optimism", "ETH", 10),
        Chain(137, "Polygon", "POL", 137),
        Chain(8453, "Base", "ETH", 8453),
        Chain(42161, "Arbitrum", "ETH", 42161),
        Chain(84532, "Base Sepolia", "ETH", 8453),
        Chain(11155111, "Sepolia", "ETH", 1),
    )
}
