"""The Python SDK, told nothing but the URL: discovers, registers, signs in, calls a tool in both protocol eras,
refreshes, and signs in again after its grant was revoked. Prints what it saw as JSON.

    sdk.py URL [CLIENT_METADATA_URL]
"""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from pages import walk

# Nobody listens there: the walk stops at the door.
CALLBACK = "http://127.0.0.1:3457/callback"


class Memory:
    """What an app keeps, and where its person was sent."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    def __init__(self) -> None:
        self.answers: list[str] = []

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info

    async def send_person(self, url: str) -> None:
        self.answers.append(await walk(url))

    async def answer(self) -> AuthorizationCodeResult:
        parameters = parse_qs(urlsplit(self.answers[-1]).query)
        code, state, issuer = (parameters[name][0] for name in ("code", "state", "iss"))
        return AuthorizationCodeResult(code=code, state=state, iss=issuer)


def provider(url: str, memory: Memory, metadata_url: str | None) -> OAuthClientProvider:
    metadata = OAuthClientMetadata(client_name="Python SDK", redirect_uris=[CALLBACK], token_endpoint_auth_method="none")
    return OAuthClientProvider(url, metadata, memory, memory.send_person, memory.answer, client_metadata_url=metadata_url)


async def play(url: str, auth: OAuthClientProvider, mode: str) -> dict:
    """One connection and one call."""
    async with httpx2.AsyncClient(auth=auth, timeout=30) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            result = await client.call_tool("chess_new_game", {"opponent": "nobody"})
            assert not result.is_error, result.content
            return {"version": client.protocol_version, "opponent": result.structured_content["opponent"]["kind"]}


async def main() -> None:
    url, metadata_url = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    memory = Memory()
    auth = provider(url, memory, metadata_url)
    seen = {"modern": await play(url, auth, "auto"), "scope": memory.tokens.scope}
    first = memory.tokens

    # An hour later, by the app's clock: it refreshes before it asks.
    auth.context.token_expiry_time = 1
    await play(url, auth, "auto")
    seen["rotated"] = memory.tokens.refresh_token != first.refresh_token

    # Another day, another process, the same memory.
    auth = provider(url, memory, metadata_url)
    seen["legacy"] = await play(url, auth, "legacy")
    seen["sign_ins_before_revocation"] = len(memory.answers)

    endpoint = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/oauth/revoke"
    async with httpx2.AsyncClient() as http:
        form = {"token": memory.tokens.refresh_token, "client_id": memory.client.client_id}
        seen["revocation"] = (await http.post(endpoint, data=form)).status_code
    await play(url, auth, "auto")
    seen["sign_ins"] = len(memory.answers)
    seen["client_id"] = memory.client.client_id
    print(json.dumps(seen))


asyncio.run(main())
