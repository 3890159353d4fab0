"""The peer: d2l 1.0.3's translator, trained as its chapter trains it, judged on sentences that we choose.

The installed package holds data set, encoder and training loop. The decoder and the masked loss stand in the
text only, and are written here from it: the encoder's last output beside each embedding, two GRU layers, a
dense output; the loss averaged over the tokens that are no padding.
"""

import contextlib
import io
import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.d2l_peer import load_d2l
from rnnlib.data.translation import Pair
from rnnlib.training import seed_everything

BATCH_SIZE, LR = 128, 0.005
EMBEDDING, HIDDEN, LAYERS, DROPOUT = 256, 256, 2, 0.2
MOST_AT_ONCE = 500  # `build` cuts what it is given to the first 641 sentences


def train_d2l(pairs: Sequence[Pair], seed: int, epochs: int) -> tuple[Any, Any]:
    """The chapter's translator and its data, trained on the first 512 pairs.

    Args:
        pairs: Tatoeba's, in the published order.
        seed: of everything.
        epochs: 30 in the chapter.

    Returns:
        d2l's `MTFraEng` and its trained `Seq2Seq`.
    """
    d2l = load_d2l()
    text = "\n".join("\t".join(pair) for pair in pairs)

    class Data(d2l.MTFraEng):
        def _download(self) -> str:
            return text

    class Model(d2l.Seq2Seq):
        def loss(self, Y_hat: Tensor, Y: Tensor) -> Tensor:
            losses = super().loss(Y_hat, Y, averaged=False)
            mask = (Y.reshape(-1) != self.tgt_pad).float()
            return (losses * mask).sum() / mask.sum()

        def plot(self, *_: Any, **__: Any) -> None:
            """No drawing, which would more than double the time."""

    seed_everything(seed)
    data = Data(batch_size=BATCH_SIZE)
    encoder = d2l.Seq2SeqEncoder(len(data.src_vocab), EMBEDDING, HIDDEN, LAYERS, DROPOUT)
    model = Model(encoder, build_decoder(d2l, len(data.tgt_vocab)), data.tgt_vocab["<pad>"], LR)
    trainer = d2l.Trainer(max_epochs=epochs, gradient_clip_val=1, num_gpus=0)
    with contextlib.redirect_stdout(io.StringIO()):
        trainer.fit(model, data)
    return data, model


def build_decoder(d2l: Any, vocab_size: int) -> nn.Module:
    """The text's `Seq2SeqDecoder`."""

    class Decoder(d2l.Decoder):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, EMBEDDING)
            self.rnn = d2l.GRU(EMBEDDING + HIDDEN, HIDDEN, LAYERS, DROPOUT)
            self.dense = nn.LazyLinear(vocab_size)
            self.apply(d2l.init_seq2seq)

        def init_state(self, encoded: Any, *_: Any) -> Any:
            return encoded

        def forward(self, X: Tensor, state: Any) -> tuple[Tensor, Any]:
            outputs, hidden = state
            embedded = self.embedding(X.t().long())  # (T, B, E)
            context = outputs[-1].repeat(embedded.shape[0], 1, 1)  # (T, B, H)
            output, hidden = self.rnn(torch.cat([embedded, context], dim=-1), hidden)
            return self.dense(output).swapaxes(0, 1), [outputs, hidden]  # (B, T, V)

    return Decoder()


@torch.no_grad()
def translate_d2l(data: Any, model: Any, sentences: Sequence[str]) -> list[str]:
    """Greedy translations of any number of sentences, as French is written."""
    model.eval()
    found: list[str] = []
    for start in range(0, len(sentences), MOST_AT_ONCE):
        part = [data._preprocess(sentence) for sentence in sentences[start : start + MOST_AT_ONCE]]
        batch = data.build(part, ["."] * len(part))
        tokens, _ = model.predict_step(batch, torch.device("cpu"), data.num_steps)
        found += [written(data.tgt_vocab.to_tokens(row.tolist())) for row in tokens]
    return found


def written(tokens: Sequence[str]) -> str:
    """A sentence from its lower-case tokens: up to `<eos>`, a capital in front, French spaces."""
    end = tokens.index("<eos>") if "<eos>" in tokens else len(tokens)
    text = re.sub(r" ([.,])", r"\1", " ".join(tokens[:end]))
    text = re.sub(r" ([?!])", "\u202f\\1", text)
    return text[:1].upper() + text[1:]
