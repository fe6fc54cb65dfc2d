"""A secret that one commit pushed and the next one took out again."""

from __future__ import annotations

from pathlib import Path

from tests.support.hurried import hurried, quiet

TOKEN = "gh" + "p_x7Kd93kd02kdLs93Kd0skdPlwq83mcnd92Ks"
POLICY = """\
version: 1
checklist:
  secrets: { title: No secret is added, proof: { builtin: secrets } }
"""


def written(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def test_it_is_found_by_its_commit_and_its_value_is_kept_nowhere(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        stage.world.push_default(stage.repo, stage.people["maria"], {".github/handoff.yml": POLICY})
        pull = stage.world.open_pull_request(
            stage.repo, stage.people["ana"], title="Refunds", files={"app/a.py": f'K = "{TOKEN}"\n'}
        )
        first = pull.head_sha
        stage.world.push(pull, stage.people["ana"], {"app/a.py": "import os\n"})
        await quiet(demo, 5.0)
        before = len(demo.simulator.calls)
        stage.world.push(pull, stage.people["ana"], {"app/b.py": "import os\n"})
        await quiet(demo, 5.0)
        run = stage.repo.runs(pull.head_sha)[-1]
        commits = [one.path for one in demo.simulator.calls[before:] if "/commits/" in one.path]

        assert run.conclusion == "failure"
        told = f"{run.summary}{run.text}".replace("\\", "")
        assert f"github-pat in app/a.py of commit {first[:7]}" in told
        # What was read before is not read again.
        assert commits == [f"/repos/{stage.repo.full_name}/commits/{pull.head_sha}"]
        sent = [str(one.body) for one in demo.simulator.calls if one.writes]
        kept = written(tmp_path)
    assert not any(TOKEN in one for one in sent)
    assert kept
    assert not any(TOKEN.encode() in one for one in kept)
