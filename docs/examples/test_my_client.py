"""A client that is tested against a recording: no key, no network, no mock."""

from pathlib import Path

from openai import OpenAI

RECORDING = Path(__file__).with_name("hello.jsonl")


def greeting(url):
    """What you want to test: your own code, which takes the address of the API."""
    client = OpenAI(base_url=f"{url}/v1", api_key="any")
    return client.responses.create(model="gpt-5.2", input="Say hello").output_text


def test_my_client_reads_the_answer(recorded_run):
    with recorded_run(RECORDING) as run:
        assert greeting(run.url) == "Hello!"


def test_my_client_comes_again_after_a_rate_limit(recorded_run):
    with recorded_run(RECORDING, faults=["429 once"]) as run:
        assert greeting(run.url) == "Hello!"
    assert len(run.requests) == 2
