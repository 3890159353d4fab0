"""The packaged translator in `rnnlib.models` over torch.nn's layers: what the widget is held against."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnnlib.models import ContextDecoder, EncoderDecoder, RecurrentEncoder
from rnnlib.search import greedy_search
from rnnlib.widgets.bottleneck import BOS, EOS, MOST_WRITTEN, PARAMETERS, load_translator


class Greedy(NamedTuple):
    """Tokens without the end's, the logarithm of their probability, and whether they ended."""

    tokens: list[int]
    log_prob: float
    finished: bool


class Peer:
    """Encoder and decoder in float64, with torch.nn.GRU inside."""

    def __init__(self) -> None:
        model = load_translator()
        p = model.parameters
        E, H = p["projection"].shape[0], p["encoder_weight_hh"].shape[1]
        self.model = EncoderDecoder(
            RecurrentEncoder(nn.GRU(E, H), len(model.source_words)),
            ContextDecoder(nn.GRU(E + H, H), len(model.target_words), E),
        ).double()
        self.model.load_state_dict({key: p[name] for name, key in PARAMETERS.items()})
        self.model.eval()
        self.plane = model.plane

    @torch.no_grad()
    def states(self, ids: list[int]) -> Tensor:
        """The states (S + 1, H), the first zero."""
        output, _ = self.model.encoder(torch.tensor(ids)[:, None], torch.tensor([len(ids)]))
        return torch.cat([output.new_zeros(1, output.shape[2]), output[:, 0]])

    def greedy(self, h: Tensor) -> Greedy:
        """What `greedy_search` writes from a state (H,)."""
        state = h[None, None]
        found = greedy_search(self.model.step, (state, state), torch.tensor([BOS]), EOS, MOST_WRITTEN)[0]
        forced = self.forced(h, found.tokens.tolist())
        chosen = [*found.tokens.tolist(), *([EOS] if found.finished else [])]
        exact = sum(float(row[k]) for row, k in zip(forced, chosen, strict=False))
        assert abs(exact - found.log_prob) < 1e-5  # the search adds up in float32
        return Greedy(found.tokens.tolist(), exact, found.finished)

    @torch.no_grad()
    def forced(self, h: Tensor, tokens: list[int]) -> Tensor:
        """Log-probabilities (n + 1, V) before and after each of n given tokens."""
        state = h[None, None]
        logits, _ = self.model.decoder(torch.tensor([BOS, *tokens])[:, None], (state, state))
        return logits[:, 0].log_softmax(-1)

    def place(self, h: Tensor) -> Tensor:
        """The place (2,) on the plane."""
        return nn.functional.linear(h - self.plane["mean"], self.plane["axes"])
