"""Writing text token by token, over any step function."""

import reprlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from rnnlib.data.vocabulary import Vocabulary
from rnnlib.errors import check_size

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]


@torch.no_grad()
def generate(
    step: Step,
    prompt_ids: Tensor,
    num_tokens: int,
    state: Any = None,
    temperature: float = 1.0,
    top_k: int | None = None,
    generator: torch.Generator | None = None,
    top_p: float | None = None,
) -> Tensor:
    """Continues a prompt: reads it, then draws a token, reads that, draws the next.

    Tokens are drawn from `softmax(log p / temperature)`.

    Args:
        step: `step(token_ids (B,), state) -> (log_probs (B, V), state)`, for example
            `rnnlib.models.LanguageModel.step`.
        prompt_ids: integer tensor (P,), or (P, B) for B prompts of one length; P of 1 or more.
        num_tokens: how many tokens to write.
        state: the state before the prompt; what `step` takes `None` for by default.
        temperature: 1 draws from the model's own distribution, below 1 sharpens it, above 1 flattens it; at 0
            the likeliest token is taken (greedy).
        top_k: draw among the k likeliest tokens only.
        generator: a CPU generator; the same one, in the same state, gives the same tokens.
        top_p: draw among the nucleus only, the fewest likeliest tokens that have this probability together
            (Holtzman et al. 2020). With `top_k` too, the nucleus of those k; both at the temperature given.

    Returns:
        LongTensor (num_tokens,) or (num_tokens, B): the new tokens, without the prompt.

    Raises:
        TypeError: `prompt_ids` are not integers (but a text, say), or `top_k` is not one.
        ValueError: an empty prompt, `num_tokens` or `temperature` negative, `top_k` not in 1 ... V,
            `top_p` not above 0 and at most 1, or `step` returning something that is no log-probability.
    """
    prompt = _check_arguments(prompt_ids, num_tokens, temperature, top_k, top_p)
    single = prompt.dim() == 1
    prompt = prompt[:, None] if single else prompt  # (P, B)
    for token_ids in prompt:
        log_probs, state = step(token_ids, state)
    written = torch.empty(num_tokens, prompt.shape[1], dtype=torch.long)
    for t in range(num_tokens):
        _check_log_probs(log_probs, prompt.shape[1], top_k)
        written[t] = _draw(log_probs, temperature, top_k, generator, top_p)
        if t + 1 < num_tokens:
            log_probs, state = step(written[t].to(log_probs.device), state)
    return written[:, 0] if single else written


def greedy(step: Step, prompt_ids: Tensor, num_tokens: int, state: Any = None) -> Tensor:
    """Continues a prompt by the likeliest token each time: `generate` at temperature 0."""
    return generate(step, prompt_ids, num_tokens, state, temperature=0.0)


@torch.no_grad()
def complete(
    model: Any,
    vocab: Vocabulary,
    prompt: str,
    num_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    generator: torch.Generator | None = None,
    tell: Callable[[str], Any] = print,
    top_p: float | None = None,
) -> str:
    """Continues a person's own text, character by character, whatever that person types.

    Characters that the vocabulary does not hold are left out, and `tell` is told which. Where nothing is
    left to read, the model starts from a line break, or from a space if it knows no line break.

    Args:
        model: its `step(token_ids (B,), state) -> (log_probs (B, V), state)` is called, as
            `rnnlib.models.LanguageModel` has it.
        vocab: the vocabulary of single characters that the model was trained with.
        prompt: any text, the empty one included.
        num_tokens: how many characters to write.
        temperature: as in `generate`.
        top_k: as in `generate`.
        generator: as in `generate`.
        tell: gets one sentence about characters that were left out, if there are any.
        top_p: as in `generate`.

    Returns:
        The characters of the prompt that were read, and those that the model wrote. Reserved tokens such as
        `<unk>` are never written.

    Raises:
        TypeError: `prompt` is no string, or the vocabulary holds words.
        ValueError: nothing of the prompt can be read and the vocabulary holds neither line break nor space;
            besides, as in `generate`.
    """
    if not isinstance(prompt, str):
        raise TypeError(f"prompt is {prompt!r} ({type(prompt).__name__}), expected a str")
    known = [character for character in prompt if character in vocab]
    unknown = [character for character in dict.fromkeys(prompt) if character not in vocab]
    if unknown:
        tell(f"not in the vocabulary, so left out: {', '.join(map(repr, unknown))}")
    prompt_ids = vocab.encode("".join(known or _first_read(vocab)))  # (P,)
    reserved = [i for i, token in enumerate(vocab.tokens) if len(token) != 1]

    def step(token_ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        log_probs, state = model.step(token_ids, state)
        log_probs = log_probs.clone()
        log_probs[:, reserved] = -torch.inf
        return log_probs, state

    new = generate(
        step,
        prompt_ids,
        num_tokens,
        temperature=temperature,
        top_k=top_k,
        generator=generator,
        top_p=top_p,
    )  # (num_tokens,)
    return "".join(known + vocab.decode(new))


def _first_read(vocab: Vocabulary) -> str:
    """What stands for an empty prompt: a line break, or else a space."""
    for character in "\n ":
        if character in vocab:
            return character
    raise ValueError("prompt has no character of the vocabulary, which holds neither line break nor space")


def _draw(
    log_probs: Tensor,
    temperature: float,
    top_k: int | None,
    generator: torch.Generator | None,
    top_p: float | None,
) -> Tensor:
    """One token id for each row of `log_probs` (B, V)."""
    if temperature == 0:
        return log_probs.argmax(dim=-1).cpu()
    scores = log_probs.double().cpu()  # (B, V)
    # Relative to the best, which stays 0: a tiny temperature would make all of them -inf.
    scores = (scores - scores.amax(dim=-1, keepdim=True)) / temperature
    if top_k is not None:
        kept = scores.topk(top_k, dim=-1).indices
        scores = torch.full_like(scores, -torch.inf).scatter(-1, kept, scores.gather(-1, kept))
    p = scores.softmax(dim=-1)  # (B, V)
    if top_p is not None:
        p = nucleus(p, top_p)
    return torch.multinomial(p, 1, generator=generator)[:, 0]  # (B,)


def nucleus(p: Tensor, top_p: float) -> Tensor:
    """Probabilities with 0 for all but the fewest likeliest tokens that sum to `top_p` or more.

    What is kept is not rescaled. Of equal tokens those with the lower ids are kept.

    Args:
        p: (..., V), each row sums to 1.
        top_p: above 0, at most 1.
    """
    ordered, order = p.sort(dim=-1, descending=True, stable=True)
    likelier = ordered.cumsum(dim=-1) - ordered  # the sum of those before each
    return torch.zeros_like(p).scatter(-1, order, ordered.masked_fill(likelier >= top_p, 0.0))


def _check_arguments(
    prompt_ids: Tensor, num_tokens: int, temperature: float, top_k: int | None, top_p: float | None
) -> Tensor:
    try:
        prompt = torch.as_tensor(prompt_ids)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"prompt_ids is {reprlib.repr(prompt_ids)}, expected integer token ids, "
            "as Vocabulary.encode makes of tokens"
        ) from error
    if prompt.numel() == 0 or prompt.dim() not in (1, 2):
        raise ValueError(
            f"prompt_ids has shape {tuple(prompt.shape)}, expected (P,) or (P, B) with P of 1 or more"
        )
    if prompt.is_floating_point() or prompt.dtype == torch.bool:
        raise TypeError(f"prompt_ids has dtype {prompt.dtype}, expected integer token ids (torch.long)")
    if isinstance(num_tokens, bool) or not isinstance(num_tokens, int) or num_tokens < 0:
        raise ValueError(f"num_tokens is {num_tokens!r}, expected an integer of 0 or more")
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"temperature is {temperature}, expected a finite number of 0 or more")
    if top_k is not None:
        check_size("top_k", top_k)
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p is {top_p}, expected None or a number above 0 and at most 1")
    return prompt.long()


def _check_log_probs(log_probs: Tensor, batch: int, top_k: int | None) -> None:
    if log_probs.dim() != 2 or log_probs.shape[0] != batch:
        raise ValueError(
            f"step returned log_probs of shape {tuple(log_probs.shape)}, expected (batch={batch}, V)"
        )
    if top_k is not None and top_k > log_probs.shape[1]:
        raise ValueError(f"top_k is {top_k}, expected None or a number from 1 to V = {log_probs.shape[1]}")
    best = log_probs.amax(dim=-1)
    if not torch.isfinite(best).all():  # nan anywhere in a row, or a row without a possible token
        raise ValueError(
            f"step returned log_probs whose largest entries are {best.tolist()}, expected finite ones"
        )
