"""Credentials of every kind, made at random: none that looks real stands in this repository."""

from __future__ import annotations

import base64
import json
import random
import string
import uuid

_ALNUM = string.ascii_letters + string.digits
_URL64 = _ALNUM + "-_"
_BASE64 = _ALNUM + "+/"
_HEX = "0123456789abcdef"


class Mint:
    """Makes credentials; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def some(self, length: int, alphabet: str = _ALNUM) -> str:
        """Return random characters, never a separator at either end."""
        first, *_, last = ends = self._random.choices(_ALNUM, k=2)
        assert len(ends) == 2
        return first + "".join(self._random.choices(alphabet, k=length - 2)) + last

    def tokens(self) -> dict[str, str]:
        """Return what is known by its prefix, wherever it stands."""
        return self._of_models() | self._of_code() | self._of_services()

    def _of_models(self) -> dict[str, str]:
        some = self.some
        return {
            "OpenAI, of a user": f"sk-{some(20)}T3Blbk" + f"FJ{some(20)}",
            "OpenAI, of a project": f"sk-proj-{some(148, _URL64)}",
            "OpenAI, of a service account": f"sk-svcacct-{some(148, _URL64)}",
            "OpenAI session": f"sess-{some(40)}",
            "Anthropic": f"sk-ant-api03-{some(93, _URL64)}AA",
            "Anthropic OAuth": f"sk-ant-oat01-{some(93, _URL64)}AA",
            "Anthropic OAuth refresh": f"sk-ant-ort01-{some(93, _URL64)}AA",
            "OpenRouter": f"sk-or-v1-{some(64, _HEX)}",
            "Google API key": f"AIza{some(35, _URL64)}",
            "Google API key, of 2026": f"AQ.Ab8{some(48, _URL64)}",
            "Google access token": f"ya29.a0{some(190, _URL64)}",
            "Google refresh token": f"1//0{some(99, _URL64)}",
            "Google client secret": f"GOCSPX-{some(28, _URL64)}",
            "AWS access key id": f"AKIA{some(16).upper()}",
            "AWS temporary access key id": f"ASIA{some(16).upper()}",
        }

    def _of_code(self) -> dict[str, str]:
        some = self.some
        return {
            "GitHub, personal": f"ghp_{some(36)}",
            "GitHub, OAuth": f"gho_{some(36)}",
            "GitHub, of an app's user": f"ghu_{some(36)}",
            "GitHub, of an app": f"ghs_{some(36)}",
            "GitHub, of an app, with a JWT": f"ghs_123456_{self.jwt()}",
            "GitHub, refresh": f"ghr_{some(76)}",
            "GitHub, fine-grained": f"github_pat_{some(22)}_{some(59)}",
            "GitLab": f"glpat-{some(20, _URL64)}",
            "GitLab, routable": f"glpat-{some(27, _URL64)}.01.{some(9, _HEX)}",
            "Slack bot": f"xoxb-{some(12, string.digits)}-{some(12, string.digits)}-{some(24)}",
            "npm": f"npm_{some(36)}",
            "Hugging Face": f"hf_{some(34)}",
        }

    def _of_services(self) -> dict[str, str]:
        some = self.some
        return {
            "Stripe": f"sk_live_{some(24)}",
            "Stripe, restricted": f"rk_live_{some(99)}",
            "Groq": f"gsk_{some(52)}",
            "xAI": f"xai-{some(80)}",
            "Perplexity": f"pplx-{some(48)}",
            "Vault, of a service": f"hvs.{some(91, _URL64)}",
            "Vault, of a batch": f"hvb.{some(138, _URL64)}",
            "Databricks": f"dapi{self.hex(32)}",
            "Databricks, numbered": f"dapi{self.hex(32)}-2",
            "SendGrid": f"SG.{some(22, _URL64)}.{some(43, _URL64)}",
            "PyPI": f"pypi-AgEIcHlwaS5vcmc{some(150, _URL64)}",
            "DigitalOcean, personal": f"dop_v1_{self.hex(64)}",
            "DigitalOcean, OAuth": f"doo_v1_{self.hex(64)}",
            "DigitalOcean, refresh": f"dor_v1_{self.hex(64)}",
            "Shopify": f"shpat_{self.hex(32)}",
            "Shopify, shared": f"shpss_{self.hex(32)}",
            "Shopify, custom": f"shpca_{self.hex(32)}",
            "Shopify, private": f"shppa_{self.hex(32)}",
            "Linear": f"lin_api_{some(40)}",
            "Telegram": f"{self._random.randrange(10**9, 10**10)}:AA{some(33, _URL64)}",
            "JWT": self.jwt(),
            "encrypted JWT": ".".join([self._part({"alg": "dir", "enc": "A256GCM"}), "", *map(some, (16, 90, 22))]),
        }

    def hex(self, length: int) -> str:
        """Return random digits of a hexadecimal number."""
        return "".join(self._random.choices(_HEX, k=length))

    def opaque(self) -> dict[str, str]:
        """Return what is known only by the name that it stands under."""
        return {
            "AWS secret access key": self.some(40, _BASE64),
            "Azure storage key": base64.b64encode(self._random.randbytes(64)).decode(),
            "a key in hex": self.some(32, _HEX),
            "an opaque token": self.some(43, _URL64),
            "a key that is a UUID": str(uuid.UUID(bytes=self._random.randbytes(16), version=4)),
        }

    def jwt(self) -> str:
        """Return a signed JWT of the size that sign-ins have."""
        claims = {"iss": "https://issuer.example.test", "sub": self.some(24), "groups": [self.some(20)] * 30}
        return f"{self._part({'alg': 'RS256', 'kid': self.some(8)})}.{self._part(claims)}.{self.some(342, _URL64)}"

    def password(self) -> str:
        """Return a password of the kind that people make up."""
        return f"{self.some(4, string.ascii_lowercase)}-{self.some(4, string.digits)}-{self.some(4)}"

    def private_key(self, kind: str = "RSA ") -> str:
        """Return a private key as a PEM file has it."""
        body = base64.b64encode(self._random.randbytes(1190)).decode()
        lines = [body[start : start + 64] for start in range(0, len(body), 64)]
        return "\n".join([f"-----BEGIN {kind}PRIVATE KEY-----", *lines, f"-----END {kind}PRIVATE KEY-----"]) + "\n"

    def _part(self, value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
