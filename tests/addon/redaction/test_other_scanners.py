"""What other scanners look for is redacted: an example for each of their kinds, or the reason why not."""

from __future__ import annotations

import base64
import json
import string
from inspect import isabstract
from typing import Any
from urllib.parse import unquote

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

from probe.addon.redaction.redactor import Redactor
from tests.support.planted import Mint

MINT = Mint(23)
some, hexa, TOKENS = MINT.some, MINT.hex, MINT.tokens()
URL64 = string.ascii_letters + string.digits + "-_"
LOWER = string.ascii_lowercase + string.digits
CAPITAL = string.ascii_uppercase + string.digits


def uuid() -> str:
    return "-".join(map(hexa, (8, 4, 4, 4, 12)))


def digits(length: int) -> str:
    return str(int(MINT.hex(40), 16))[-length:]


def lower(length: int) -> str:
    return "k7" + some(length - 2, LOWER).lower()


def redacted(text: str) -> str:
    return b"".join(Redactor(b"salt").chunks([text.encode()], [])).decode()


# -- the rules of gitleaks ---------------------------------------------------------------------------------------

ALONE: dict[str, str] = {
    "1password-secret-key": "A3-" + "-".join(some(count, CAPITAL).upper() for count in (6, 11, 5, 5, 5)),
    "1password-service-account-token": f"ops_eyJ{some(300)}",
    "adobe-client-secret": f"p8e-{lower(32)}",
    "age-secret-key": f"AGE-SECRET-KEY-1{some(58, CAPITAL).upper()}",
    "airtable-personnal-access-token": f"pat{some(14)}.{hexa(64)}",
    "alibaba-access-key-id": f"LTAI{some(20)}",
    "anthropic-admin-api-key": f"sk-ant-admin01-{some(93, URL64)}AA",
    "anthropic-api-key": TOKENS["Anthropic"],
    "artifactory-api-key": f"AKCp{some(69)}",
    "artifactory-reference-token": f"cmVmdGtu{some(56)}",
    "atlassian-api-token": f"ATATT3{some(186, URL64)}",
    "authress-service-client-access-key": f"sc_{lower(12)}.{lower(5)}.acc_{lower(16)}.{some(60, URL64)}",
    "aws-access-token": TOKENS["AWS access key id"],
    "aws-amazon-bedrock-api-key-long-lived": f"ABSK{some(128, string.ascii_letters + string.digits + '+/')}=",
    "aws-amazon-bedrock-api-key-short-lived": f"bedrock-api-key-{base64.b64encode(some(90).encode()).decode()}",
    "azure-ad-client-secret": f"{some(3)}8Q~{some(34, URL64 + '.')}",
    "clojars-api-token": f"CLOJARS_{lower(60)}",
    "cloudflare-origin-ca-key": f"v1.0-{hexa(24)}-{hexa(146)}",
    "databricks-api-token": TOKENS["Databricks"],
    "digitalocean-access-token": TOKENS["DigitalOcean, OAuth"],
    "digitalocean-pat": TOKENS["DigitalOcean, personal"],
    "digitalocean-refresh-token": TOKENS["DigitalOcean, refresh"],
    "doppler-api-token": f"dp.pt.{some(43)}",
    "duffel-api-token": f"duffel_live_{some(43, URL64)}",
    "dynatrace-api-token": f"dt0c01.{some(24, CAPITAL).upper()}.{some(64, CAPITAL).upper()}",
    "easypost-api-token": f"EZAK{some(54)}",
    "easypost-test-api-token": f"EZTK{some(54)}",
    "facebook-page-access-token": f"EAAM{some(120)}",
    "flutterwave-encryption-key": f"FLWSECK_TEST-{hexa(12)}",
    "flutterwave-secret-key": f"FLWSECK_TEST-{hexa(32)}-X",
    "flyio-access-token": f"fo1_{some(43, URL64)}",
    "frameio-api-token": f"fio-u-{some(64, URL64)}",
    "gcp-api-key": TOKENS["Google API key"],
    "github-app-token": TOKENS["GitHub, of an app"],
    "github-fine-grained-pat": TOKENS["GitHub, fine-grained"],
    "github-oauth": TOKENS["GitHub, OAuth"],
    "github-pat": TOKENS["GitHub, personal"],
    "github-refresh-token": TOKENS["GitHub, refresh"],
    "gitlab-cicd-job-token": f"glcbt-64_{some(20, URL64)}",
    "gitlab-deploy-token": f"gldt-{some(20, URL64)}",
    "gitlab-feature-flag-client-token": f"glffct-{some(20, URL64)}",
    "gitlab-feed-token": f"glft-{some(20, URL64)}",
    "gitlab-incoming-mail-token": f"glimt-{some(25, URL64)}",
    "gitlab-kubernetes-agent-token": f"glagent-{some(50, URL64)}",
    "gitlab-oauth-app-secret": f"gloas-{some(64, URL64)}",
    "gitlab-pat": TOKENS["GitLab"],
    "gitlab-pat-routable": TOKENS["GitLab, routable"],
    "gitlab-ptt": f"glptt-{hexa(40)}",
    "gitlab-rrt": f"GR1348941{some(20, URL64)}",
    "gitlab-runner-authentication-token": f"glrt-{some(20, URL64)}",
    "gitlab-runner-authentication-token-routable": f"glrt-t1_{some(27, URL64)}.01.{hexa(9)}",
    "gitlab-scim-token": f"glsoat-{some(20, URL64)}",
    "gitlab-session-cookie": f"_gitlab_session={hexa(32)}",
    "grafana-api-key": f"eyJrIjoi{some(90)}=",
    "grafana-cloud-api-token": f"glc_{some(64)}==",
    "grafana-service-account-token": f"glsa_{some(32)}_{hexa(8)}",
    "harness-api-key": f"pat.{some(22, URL64)}.{some(24)}.{some(20)}",
    "hashicorp-tf-api-token": f"{some(14)}.atlasv1.{some(67, URL64)}",
    "heroku-api-key-v2": f"HRKU-AA{some(58, URL64)}",
    "huggingface-access-token": TOKENS["Hugging Face"],
    "huggingface-organization-api-token": f"api_org_{some(34, string.ascii_letters)}",
    "infracost-api-token": f"ico-{some(32)}",
    "intra42-client-secret": f"s-s4t2ud-{hexa(64)}",
    "jwt": TOKENS["JWT"],
    "linear-api-key": TOKENS["Linear"],
    "mailchimp-api-key": f"{hexa(32)}-us12",
    "maxmind-license-key": f"{some(6)}_{some(29)}_mmk",
    "new-relic-insert-key": f"NRII-{some(32)}",
    "new-relic-user-api-key": f"NRAK-{some(27, CAPITAL).upper()}",
    "notion-api-token": f"ntn_{digits(11)}{some(35)}",
    "npm-access-token": TOKENS["npm"],
    "octopus-deploy-api-key": f"API-{some(26, CAPITAL).upper()}",
    "openai-api-key": TOKENS["OpenAI, of a user"],
    "openshift-user-token": f"sha256~{some(43, URL64)}",
    "perplexity-api-key": TOKENS["Perplexity"],
    "plaid-api-token": f"access-sandbox-{uuid()}",
    "planetscale-api-token": f"pscale_tkn_{some(43, URL64)}",
    "planetscale-oauth-token": f"pscale_oauth_{some(43, URL64)}",
    "planetscale-password": f"pscale_pw_{some(43, URL64)}",
    "postman-api-token": f"PMAK-{hexa(24)}-{hexa(34)}",
    "prefect-api-token": f"pnu_{some(36)}",
    "private-key": MINT.private_key(),
    "pulumi-api-token": f"pul-{hexa(40)}",
    "pypi-upload-token": TOKENS["PyPI"],
    "readme-api-token": f"rdme_{lower(70)}",
    "rubygems-api-token": f"rubygems_{hexa(48)}",
    "scalingo-api-token": f"tk-us-{some(48, URL64)}",
    "sendgrid-api-token": TOKENS["SendGrid"],
    "sendinblue-api-token": f"xkeysib-{hexa(64)}-{some(16)}",
    "sentry-org-token": f"sntrys_eyJpYXQiO{some(120)}_{some(43)}",
    "sentry-user-token": f"sntryu_{hexa(64)}",
    "settlemint-application-access-token": f"sm_aat_{some(16)}",
    "settlemint-personal-access-token": f"sm_pat_{some(16)}",
    "settlemint-service-access-token": f"sm_sat_{some(16)}",
    "shippo-api-token": f"shippo_live_{hexa(40)}",
    "shopify-access-token": TOKENS["Shopify"],
    "shopify-custom-access-token": TOKENS["Shopify, custom"],
    "shopify-private-app-access-token": TOKENS["Shopify, private"],
    "shopify-shared-secret": TOKENS["Shopify, shared"],
    "sidekiq-sensitive-url": f"{hexa(8)}:{hexa(7)}5",
    "slack-app-token": f"xapp-1-A{some(10, CAPITAL).upper()}-{digits(12)}-{hexa(64)}",
    "slack-bot-token": TOKENS["Slack bot"],
    "slack-config-access-token": f"xoxp-1-{some(164, CAPITAL).upper()}",
    "slack-config-refresh-token": f"xoxe-1-{some(146, CAPITAL).upper()}",
    "slack-legacy-bot-token": f"xoxb-{digits(12)}-{some(24)}",
    "slack-legacy-token": f"xoxo-{'-'.join(digits(10) for _ in range(3))}-{hexa(32)}",
    "slack-legacy-workspace-token": f"xoxa-2-{some(40)}",
    "slack-user-token": f"xoxp-{'-'.join(digits(12) for _ in range(3))}-{some(32)}",
    "slack-webhook-url": f"services/T{some(10, CAPITAL).upper()}/B{some(10, CAPITAL).upper()}/{some(24)}",
    "sourcegraph-access-token": f"sgp_local_{hexa(40)}",
    "square-access-token": f"sq0atp-{some(22, URL64)}",
    "stripe-access-token": TOKENS["Stripe"],
    "telegram-bot-api-token": TOKENS["Telegram"],
    "typeform-api-token": f"tfp_{some(59, URL64)}",
    "vault-batch-token": TOKENS["Vault, of a batch"],
    "vault-service-token": TOKENS["Vault, of a service"],
    "yandex-api-key": f"AQVN{some(36, URL64)}",
}
"""Known by their own form; the others are known by a name."""
FRAMES = {
    "sidekiq-sensitive-url": "https://$@gems.example.test/",
    "slack-webhook-url": "https://hooks.slack.com/$",
    "microsoft-teams-webhook": "https://acme.webhook.office.com/webhookb2/$",
}
ALONE["microsoft-teams-webhook"] = f"{uuid()}@{uuid()}/IncomingWebhook/{hexa(32)}/{uuid()}"

NAMED: dict[str, str] = {
    "adafruit-api-key": lower(32), "airtable-api-key": lower(17), "algolia-api-key": lower(32),
    "alibaba-secret-key": lower(30), "asana-client-secret": lower(32), "beamer-api-token": f"b_{lower(44)}",
    "bitbucket-client-secret": lower(64), "bittrex-access-key": lower(32), "bittrex-secret-key": lower(32),
    "cisco-meraki-api-key": hexa(40), "clickhouse-cloud-api-secret-key": f"4b1d{some(38)}",
    "cloudflare-api-key": lower(40), "cloudflare-global-api-key": hexa(37), "codecov-access-token": lower(32),
    "cohere-api-token": some(40), "coinbase-access-token": lower(64), "confluent-access-token": some(16, CAPITAL),
    "confluent-secret-key": some(64), "contentful-delivery-api-token": some(43, URL64),
    "datadog-access-token": lower(40), "defined-networking-api-token": f"dnkey-{some(26)}-{some(52)}",
    "discord-api-token": hexa(64), "discord-client-secret": some(32, URL64), "droneci-access-token": lower(32),
    "dropbox-api-token": lower(15), "dropbox-long-lived-api-token": f"{lower(11)}{'A' * 10}{some(43)}",
    "dropbox-short-lived-api-token": f"sl.{some(135, URL64)}", "etsy-access-token": lower(24),
    "facebook-access-token": f"{digits(15)}%7C{some(27)}", "facebook-secret": hexa(32),
    "fastly-api-token": some(32, URL64), "finicity-api-token": hexa(32), "finicity-client-secret": lower(20),
    "finnhub-access-token": lower(20), "flickr-access-token": lower(32), "freemius-secret-key": f"sk_{some(29)}",
    "freshbooks-access-token": lower(64), "generic-api-key": some(32), "gitter-access-token": lower(40),
    "gocardless-api-token": f"live_{some(40, URL64)}", "hashicorp-tf-password": some(20), "heroku-api-key": uuid(),
    "hubspot-api-key": uuid().upper(), "intercom-api-key": some(60), "jfrog-api-key": some(73),
    "jfrog-identity-token": lower(64), "kraken-access-token": some(84), "kucoin-access-token": hexa(24),
    "kucoin-secret-key": uuid(), "launchdarkly-access-token": some(40), "linear-client-secret": hexa(32),
    "linkedin-client-secret": some(16), "lob-api-key": f"live_{hexa(35)}", "looker-client-secret": lower(24),
    "mailgun-private-api-token": f"key-{hexa(32)}", "mailgun-signing-key": f"{hexa(32)}-{hexa(8)}-{hexa(8)}",
    "mapbox-api-token": f"pk.{lower(60)}.{lower(22)}", "mattermost-access-token": lower(26),
    "messagebird-api-token": lower(25), "netlify-access-token": some(43), "new-relic-browser-api-token":
    f"NRJS-{hexa(19)}", "nuget-config-password": some(20), "nytimes-access-token": some(32),
    "okta-access-token": f"00{some(40)}", "plaid-secret-key": lower(30), "privateai-api-token": lower(32),
    "rapidapi-access-token": lower(50), "sendbird-access-token": hexa(40), "sentry-access-token": hexa(64),
    "snyk-api-token": uuid(), "sonar-api-token": f"squ_{hexa(40)}", "squarespace-access-token": uuid(),
    "sumologic-access-token": some(64), "travisci-access-token": some(22), "twitch-api-token": lower(30),
    "twitter-access-secret": some(45), "twitter-access-token": f"{digits(18)}-{some(40)}",
    "twitter-api-key": some(25), "twitter-api-secret": some(50), "twitter-bearer-token": f"{'A' * 22}{some(80)}",
    "yandex-access-token": f"t1.{some(20)}.{some(86)}", "yandex-aws-access-token": f"YC{some(38)}",
    "zendesk-secret-key": some(40),
}  # fmt: skip
IN_CONTEXT: dict[str, tuple[str, str]] = {
    "curl-auth-header": (some(30), "curl -H 'Authorization: Token $' https://example.test"),
    "curl-auth-user": (MINT.password(), "curl --user 'me:$' https://example.test"),
    "kubernetes-secret-yaml": (
        base64.b64encode(some(20).encode()).decode(),
        "apiVersion: v1\nkind: Secret\ndata:\n  password: $\n",
    ),
}
NOT_REDACTED: dict[str, str] = {
    **dict.fromkeys(
        [
            *(
                f"{name}-client-id"
                for name in ("adobe", "asana", "bitbucket", "discord", "linkedin", "looker", "plaid")
            ),
            *("messagebird-client-id", "new-relic-user-api-id", "sendbird-access-id", "sumologic-access-id"),
        ],
        "an id: it opens nothing without the secret that belongs to it",
    ),
    **dict.fromkeys(["flutterwave-public-key", "lob-pub-api-key", "mailgun-pub-key"], "public by purpose"),
    "jwt-base64": "a token in base64 again; a text in base64 is decoded nowhere, images would be searched in vain",
    "pkcs12-file": "a kind of file, not of text",
    "sidekiq-secret": "a variable of Bundler whose name says nothing and whose value is two short numbers",
    "twilio-api-key": "an id that looks like any hash; its secret is found by its name",
}
"""Rules of gitleaks that have no example here, each with the reason."""


@pytest.mark.parametrize("rule", ALONE)
def test_a_token_of_gitleaks_rules_is_redacted_wherever_it_is(rule: str) -> None:
    text = f"Use {FRAMES.get(rule, '$')} for it"
    token = ALONE[rule]
    for body in (text, json.dumps({"text": text})):
        shown = redacted(body.replace("$", json.dumps(token)[1:-1] if body != text else token))
        assert not any(line[8:] in shown for line in token.split("\n") if len(line) > 30 or line == token)
        assert shown.count("REDACTED") == 1


@pytest.mark.parametrize("rule", NAMED)
def test_a_value_of_gitleaks_rules_is_redacted_by_its_name(rule: str) -> None:
    value, name = NAMED[rule], rule.replace("-", "_")
    mark = Redactor(b"salt").mark(unquote(value))
    for form in ("{}={}", "export {}='{}'"):
        assert redacted(form.format(name.upper(), value)) == form.format(name.upper(), mark)
    words = name.split("_")
    camel = words[0] + "".join(map(str.capitalize, words[1:]))
    for key in (name, camel, rule):
        assert redacted(json.dumps({key: value})) == json.dumps({key: mark})


@pytest.mark.parametrize(("value", "text"), IN_CONTEXT.values(), ids=IN_CONTEXT.keys())
def test_a_value_of_gitleaks_rules_is_redacted_by_what_is_around_it(value: str, text: str) -> None:
    assert redacted(text.replace("$", value)) == text.replace("$", Redactor(b"salt").mark(value))


def test_each_rule_of_gitleaks_is_met_once() -> None:
    rules = [*ALONE, *NAMED, *IN_CONTEXT, *NOT_REDACTED]
    assert len(rules) == len(set(rules)) == 222


# -- the plugins of detect-secrets -------------------------------------------------------------------------------

PLUGINS: dict[str, tuple[str, str]] = {
    "ArtifactoryDetector": (ALONE["artifactory-api-key"], " $"),
    "AWSKeyDetector": (ALONE["aws-access-token"], "$"),
    "AzureStorageKeyDetector": (base64.b64encode(bytes(range(100, 164))).decode(), "AccountKey=$"),
    "BasicAuthDetector": (MINT.password(), "https://me:$@example.test"),
    "CloudantDetector": (hexa(64), 'cloudant_password = "$"'),
    "DiscordBotTokenDetector": (f"MTk4NjIyNDgzNDcxOTI1MjQ4.{some(6)}.{some(27, URL64)}", 'DISCORD_TOKEN="$"'),
    "GitHubTokenDetector": (ALONE["github-pat"], "$"),
    "GitLabTokenDetector": (ALONE["gitlab-pat"], "$"),
    "IbmCloudIamDetector": (some(44, URL64), 'ibm_cloud_iam_api_key = "$"'),
    "IbmCosHmacDetector": (hexa(48), 'cos_hmac_secret_access_key = "$"'),
    "JwtTokenDetector": (ALONE["jwt"], "$"),
    "KeywordDetector": (some(24), 'api_key = "$"'),
    "MailchimpDetector": (ALONE["mailchimp-api-key"], "$"),
    "NpmDetector": (uuid(), "//registry.example.test/:_authToken=$"),
    "OpenAIDetector": (ALONE["openai-api-key"], "$"),
    "PrivateKeyDetector": (MINT.private_key(), "$"),
    "PypiTokenDetector": (ALONE["pypi-upload-token"], "$"),
    "SendGridDetector": (ALONE["sendgrid-api-token"], "$"),
    "SlackDetector": (f"xoxb-{digits(12)}-{digits(12)}-{some(24)}", "$"),
    "SoftlayerDetector": (hexa(64), 'softlayer_api_key = "$"'),
    "SquareOAuthDetector": (f"sq0csp-{some(43, URL64)}", "$"),
    "StripeDetector": (ALONE["stripe-access-token"], "$"),
    "TelegramBotTokenDetector": (ALONE["telegram-bot-api-token"], "$"),
}
NO_PLUGINS: dict[str, str] = {
    "Base64HighEntropyString": "any random base64: ids, hashes and images are no secrets",
    "HexHighEntropyString": "any random number: ids and hashes are no secrets",
    "IPPublicDetector": "an address is no secret",
    "TwilioKeyDetector": NOT_REDACTED["twilio-api-key"],
}


@pytest.mark.parametrize("name", PLUGINS)
def test_what_a_plugin_of_detect_secrets_finds_is_redacted(name: str) -> None:
    secret, text = PLUGINS[name]
    plugin = _plugins()[name]()
    line = text.replace("$", secret)
    found = plugin.analyze_line(filename="x.py", line=line.split("\n")[0], line_number=1)
    assert found, "it is no example"
    shown = redacted(line)
    assert secret.strip() not in shown
    assert not plugin.analyze_line(filename="x.py", line=shown, line_number=1) or "REDACTED" in shown


def test_each_plugin_of_detect_secrets_is_met() -> None:
    assert set(_plugins()) == PLUGINS.keys() | NO_PLUGINS.keys()


def _plugins() -> dict[str, Any]:
    classes: dict[str, Any] = get_mapping_from_secret_type_to_class()
    return {one.__name__: one for one in classes.values() if not isabstract(one)}
