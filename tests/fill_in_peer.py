"""The packaged fill-in models in torch.nn's modules: what the widget's numbers are held against."""

import torch
from torch import Tensor, nn

from rnnlib.widgets.left_right import load_models


class Torch:
    """The packaged weights in torch.nn modules, float64."""

    def __init__(self) -> None:
        p = load_models().parameters
        V, E = p["embedding"].shape
        self.embedding = nn.Embedding.from_pretrained(p["embedding"])
        self.rnn = {}
        for name, both in {"uni": False, "bi": True}.items():
            self.rnn[name] = nn.GRU(E, p[f"{name}_weight_hh"].shape[1], bidirectional=both).double()
            values = {
                f"{part}_l0{end}": p[f"{name}_{part}{end}"]
                for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                for end in ("", "_reverse")[: 1 + both]
            }
            self.rnn[name].load_state_dict(values)
        self.heads = {}
        for name in ("uni", "around", "at"):
            names = (f"{name}_projection", f"{name}_projection_bias", "embedding", f"{name}_bias")
            head = nn.Sequential(nn.Linear(p[names[0]].shape[1], E), nn.Linear(E, V)).double()
            head.load_state_dict(
                dict(zip(("0.weight", "0.bias", "1.weight", "1.bias"), map(p.get, names), strict=True))
            )
            self.heads[name] = head

    @torch.no_grad()
    def outputs(self, name: str, ids: list[int]) -> tuple[Tensor, Tensor]:
        """output (T, D*H), h_n (D, H)."""
        return self.rnn[name](self.embedding(torch.tensor(ids)))

    @torch.no_grad()
    def guess(self, ids: list[int], place: int) -> dict[str, Tensor]:
        """Each read-out's probabilities, each direction run by torch over just the words it may read."""
        output, _ = self.outputs("bi", ids)
        H = output.shape[1] // 2
        zeros = torch.zeros(H, dtype=torch.float64)
        before = self.outputs("bi", ids[:place])[0][-1, :H] if place else zeros
        behind = self.outputs("bi", ids[place + 1 :])[0][0, H:] if place + 1 < len(ids) else zeros
        left = self.outputs("uni", ids[:place])[0][-1] if place else zeros
        scores = {
            "uni": self.heads["uni"](left),
            "around": self.heads["around"](torch.cat([before, behind])),
            "at": self.heads["at"](output[place]),
        }
        return {name: score.softmax(0) for name, score in scores.items()}
