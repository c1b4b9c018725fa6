"""The FastMCP client, told nothing but the URL: discovers, registers, opens a browser, listens at its own callback,
calls a tool, refreshes, and comes back without asking. Prints what it saw as JSON.

    fast.py URL [CLIENT_METADATA_URL]
"""

import asyncio
import json
import sys
import warnings

from fastmcp import Client
from fastmcp.client.auth import OAuth
from key_value.aio.stores.memory import MemoryStore


class Watched(OAuth):
    """Counts how often a person was sent away, and changes nothing."""

    sign_ins = 0

    async def redirect_handler(self, authorization_url: str) -> None:
        Watched.sign_ins += 1
        await super().redirect_handler(authorization_url)


async def play(url: str, auth: OAuth) -> str:
    """One connection and one call."""
    async with Client(url, auth=auth) as client:
        result = await client.call_tool("chess_new_game", {"opponent": "nobody"})
        return result.structured_content["opponent"]["kind"]


async def main() -> None:
    url, metadata_url = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    store = MemoryStore()
    auth = Watched(token_storage=store, client_metadata_url=metadata_url, callback_timeout=60)
    seen = {"opponent": await play(url, auth)}
    first = auth.context.current_tokens

    # An hour later, by the app's clock: it refreshes before it asks.
    auth.context.token_expiry_time = 1
    await play(url, auth)
    seen["rotated"] = auth.context.current_tokens.refresh_token != first.refresh_token

    # Another day, the same store.
    auth = Watched(token_storage=store, client_metadata_url=metadata_url, callback_timeout=60)
    await play(url, auth)
    seen["sign_ins"] = Watched.sign_ins
    seen["client_id"] = auth.context.client_info.client_id
    print(json.dumps(seen))


warnings.simplefilter("ignore")
asyncio.run(main())
