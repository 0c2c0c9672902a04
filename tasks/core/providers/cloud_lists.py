"""Asks AWS and Google for their models; run by the Python of LiteLLM, which has the libraries that find credentials.

The question comes as JSON on standard input, the answer goes to standard output: {model: [state, reason]}.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
OK = 200
MISSING = 404
PATIENCE = 30
"""Seconds for one answer."""


def bedrock(asks: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """The foundation models and inference profiles of the region."""
    import boto3  # type: ignore[import-not-found]  # LiteLLM's, not ours

    client = boto3.client("bedrock", region_name=next(iter(asks.values()))["region"])
    names = {each["modelId"] for each in client.list_foundation_models()["modelSummaries"]}
    page: dict[str, Any] = {}
    while True:
        page = client.list_inference_profiles(**({"nextToken": page["nextToken"]} if page.get("nextToken") else {}))
        names |= {each["inferenceProfileId"] for each in page["inferenceProfileSummaries"]}
        if not page.get("nextToken"):
            break
    return {model: _listed(ask["name"], names, f"Bedrock in {ask['region']}") for model, ask in asks.items()}


def vertex_ai(asks: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Each model, asked for by its name where it will be called."""
    import google.auth  # type: ignore[import-not-found]
    from google.auth.transport.requests import AuthorizedSession  # type: ignore[import-not-found]

    credentials, _ = google.auth.default(scopes=[SCOPE])
    session = AuthorizedSession(credentials)
    return {model: _vertex(session, **ask) for model, ask in asks.items()}


def _vertex(session: Any, name: str, publisher: str, region: str) -> list[str]:  # noqa: ANN401 - a requests session
    host = "aiplatform.googleapis.com" if region == "global" else f"{region}-aiplatform.googleapis.com"
    base = os.environ.get("VERTEXAI_API_BASE") or f"https://{host}"
    project = {"x-goog-user-project": os.environ.get("VERTEX_PROJECT", "")}
    url = f"{base}/v1/publishers/{publisher}/models/{name}"
    status = session.get(url, headers=project, timeout=PATIENCE).status_code
    if status == OK:
        return ["ok", f"Vertex AI has it in {region}"]
    if status == MISSING:
        return ["fail", f"Vertex AI does not have {publisher}/{name} in {region}"]
    return ["fail", f"Vertex AI answers with HTTP {status}"]


def _listed(name: str, names: set[str], where: str) -> list[str]:
    if name in names:
        return ["ok", f"{where} lists {name}"]
    return ["fail", f"{where} does not list {name}"]


def main() -> None:
    """Answer one question; what goes wrong is the reason of every model."""
    question = json.load(sys.stdin)
    asks = question["asks"]
    try:
        answers = {"bedrock": bedrock, "vertex_ai": vertex_ai}[question["cloud"]](asks)
    except Exception as error:  # noqa: BLE001 - whatever a cloud's library raises; its words may hold no secret of ours
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        answers = {model: ["fail", reason[:200]] for model in asks}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
