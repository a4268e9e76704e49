"""RSA keys of the local cloud, made at first start and kept in its data folder.

Two of them, as in the cloud: the *issuer* signs ID tokens and the OIDC tokens of pushes, and its public half is served
as JWKS by the auth service; the *signer* is a service account whose key signs upload URLs, which storage verifies.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

ISSUER_KEY_ID = "loupe-local-issuer"
SIGNER_EMAIL = "signer@demo-loupe.iam.gserviceaccount.com"


class Keys:
    """The two private keys, read from `folder` or made there with mode 0600."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.issuer = _key(folder / "issuer.pem")
        self.signer = _key(folder / "signer.pem")
        self.service_account_file = folder / "service-account.json"
        self._write_service_account()

    def sign_token(self, claims: Mapping[str, Any], *, lifetime: int = 3600) -> str:
        """An RS256 JWT by the issuer; `iat` and `exp` (seconds) are set unless `claims` has them."""
        now = int(time.time())
        return jwt.encode(
            {"iat": now, "exp": now + lifetime, **claims},
            self.issuer,
            "RS256",
            headers={"kid": ISSUER_KEY_ID},
        )

    def jwks(self) -> dict[str, Any]:
        """The issuer's public key as a JSON Web Key Set."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.issuer.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": ISSUER_KEY_ID, "alg": "RS256", "use": "sig"}]}

    def signer_public_key(self) -> RSAPublicKey:
        """What storage verifies signed URLs with."""
        return self.signer.public_key()

    def _write_service_account(self) -> None:
        pem = self.signer.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        account = {
            "type": "service_account",
            "project_id": "demo-loupe",
            "client_email": SIGNER_EMAIL,
            "private_key": pem.decode(),
            "token_uri": "http://127.0.0.1:1/no-token-is-ever-asked-for",
        }
        self.service_account_file.touch(mode=0o600)
        self.service_account_file.write_text(json.dumps(account, indent=2))


def _key(path: Path) -> RSAPrivateKey:
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError(f"{path} is not an RSA key; remove it and start again")
        return key
    key = generate_private_key(65537, 2048)
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return key
