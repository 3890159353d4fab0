"""Generation over any step function."""

import math

import pytest
import torch
from torch import nn

from rnnlib.data import Vocabulary
from rnnlib.decoding import complete, generate, greedy, nucleus
from rnnlib.models import LanguageModel

P = torch.tensor([0.4, 0.3, 0.2, 0.1])


def constant_step(token_ids, state):
    """The same distribution whatever was read; the state is the list of what was read."""
    state = [] if state is None else state
    return P.log().expand(len(token_ids), -1), [*state, token_ids.tolist()]


def counting_step(token_ids, state):
    """Says that the next token is (last + number of tokens read) mod 7, for certain."""
    read = (0 if state is None else state) + 1
    return torch.log(nn.functional.one_hot((token_ids + read) % 7, 7).float()), read


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def chi_square(tokens, p):
    observed = torch.bincount(tokens, minlength=len(p)).double()
    expected = p * len(tokens)
    kept = p > 0
    assert observed[~kept].sum() == 0
    return float(((observed - expected)[kept] ** 2 / expected[kept]).sum())


THREE_DEGREES_1_IN_1000 = 16.27  # the chi-square value that chance exceeds once in 1,000 draws
ONE_DEGREE_1_IN_1000 = 10.83


def test_frequencies_are_the_steps_distribution():
    tokens = generate(constant_step, torch.tensor([0]), 20_000, generator=generator())
    assert chi_square(tokens, P.double()) < THREE_DEGREES_1_IN_1000


@pytest.mark.parametrize("temperature", [0.3, 0.7, 2.0])
def test_temperature_divides_the_log_probabilities(temperature):
    tokens = generate(
        constant_step, torch.tensor([0]), 20_000, temperature=temperature, generator=generator(1)
    )
    by_hand = [p ** (1 / temperature) for p in P.double().tolist()]
    p = torch.tensor(by_hand, dtype=torch.double) / sum(by_hand)
    assert chi_square(tokens, p) < THREE_DEGREES_1_IN_1000
    assert chi_square(tokens, P.double()) > THREE_DEGREES_1_IN_1000  # the test can tell


@pytest.mark.parametrize("top_k", [None, 2])
def test_a_tiny_temperature_is_greedy(top_k):
    tokens = generate(constant_step, torch.tensor([0]), 20, temperature=1e-320, top_k=top_k)
    assert tokens.tolist() == [0] * 20


def test_top_k_keeps_the_likeliest_and_their_proportion():
    tokens = generate(constant_step, torch.tensor([0]), 20_000, top_k=2, generator=generator(2))
    assert chi_square(tokens, torch.tensor([4 / 7, 3 / 7, 0, 0], dtype=torch.double)) < ONE_DEGREE_1_IN_1000
    assert generate(
        constant_step, torch.tensor([0]), 50, top_k=1, generator=generator()
    ).unique().tolist() == [0]


@pytest.mark.parametrize(
    "top_p, kept", [(1e-9, 1), (0.4, 1), (0.41, 2), (0.7, 2), (0.75, 3), (0.95, 4), (1, 4)]
)
def test_the_nucleus_is_the_fewest_tokens_that_have_the_probability(top_p, kept):
    assert nucleus(P.double()[None], top_p).tolist() == [P.double()[:kept].tolist() + [0] * (4 - kept)]
    shuffled = torch.tensor([2, 0, 3, 1])
    expected = [p if p >= P.double()[kept - 1] else 0 for p in P.double()[shuffled].tolist()]
    assert nucleus(P.double()[shuffled], top_p).tolist() == expected


def test_of_equal_tokens_the_nucleus_holds_the_lower_ids():
    assert nucleus(torch.full((4,), 0.25), 0.5).tolist() == [0.25, 0.25, 0, 0]


def test_top_p_keeps_the_nucleus_and_its_proportions():
    tokens = generate(constant_step, torch.tensor([0]), 20_000, top_p=0.6, generator=generator(3))
    assert chi_square(tokens, torch.tensor([4 / 7, 3 / 7, 0, 0], dtype=torch.double)) < ONE_DEGREE_1_IN_1000
    greedy_ones = generate(constant_step, torch.tensor([0]), 50, top_p=0.3, generator=generator())
    assert greedy_ones.tolist() == [0] * 50


def test_the_nucleus_is_that_of_the_distribution_drawn_from():
    hot = {"temperature": 100.0, "generator": generator(4)}  # nearly uniform: 0.6 takes three tokens
    assert set(generate(constant_step, torch.tensor([0]), 500, top_p=0.6, **hot).tolist()) == {0, 1, 2}
    # of the two likeliest, 4/7 and 3/7, one has 0.5
    both = generate(constant_step, torch.tensor([0]), 50, top_k=2, top_p=0.5, generator=generator())
    assert both.tolist() == [0] * 50


def test_without_top_p_and_with_all_of_it_the_same_tokens_are_drawn():
    runs = [
        generate(constant_step, torch.tensor([0]), 200, generator=generator(5), **{"top_p": p})
        for p in (None, 1.0, 1)
    ]
    assert torch.equal(runs[0], runs[1]) and torch.equal(runs[0], runs[2])


def test_one_generator_state_one_text():
    prompt = torch.tensor([2, 1])
    runs = [generate(constant_step, prompt, 30, generator=generator(s)).tolist() for s in (5, 5, 6)]
    assert runs[0] == runs[1] != runs[2]
    one = generator(5)
    assert generate(constant_step, prompt, 30, generator=one).tolist() == runs[0]
    assert generate(constant_step, prompt, 30, generator=one).tolist() != runs[0]


def test_temperature_0_is_greedy_and_draws_nothing():
    before = torch.get_rng_state()
    tokens = generate(constant_step, torch.tensor([3]), 5, temperature=0)
    assert tokens.tolist() == [0] * 5 and torch.equal(torch.get_rng_state(), before)
    assert greedy(counting_step, torch.tensor([0]), 4).tolist() == [1, 3, 6, 3]  # 0+1, 1+2, 3+3, 6+4 mod 7


def test_the_whole_prompt_is_read_and_each_token_once():
    seen = []

    def step(token_ids, state):
        log_probs, state = constant_step(token_ids, state)
        seen.append(state)
        return log_probs, state

    tokens = generate(step, torch.tensor([3, 1, 2]), 4, generator=generator())
    assert tokens.shape == (4,) and tokens.dtype == torch.long
    assert seen[-1] == [[t] for t in [3, 1, 2, *tokens[:3].tolist()]]  # the last one is not read


def test_a_state_given_continues():
    assert greedy(counting_step, torch.tensor([0]), 3, state=2).tolist() == [3, 0, 5]
    whole = greedy(counting_step, torch.tensor([0, 4]), 3)
    _, state = counting_step(torch.tensor([0]), None)
    assert greedy(counting_step, torch.tensor([4]), 3, state=state).tolist() == whole.tolist()


def test_a_batch_of_prompts():
    prompts = torch.tensor([[0, 5], [1, 2]])  # (P, B)
    tokens = greedy(counting_step, prompts, 3)
    assert tokens.shape == (3, 2)
    for b in range(2):
        assert tokens[:, b].tolist() == greedy(counting_step, prompts[:, b], 3).tolist()


def test_no_tokens():
    assert generate(constant_step, torch.tensor([0]), 0).shape == (0,)


@pytest.mark.parametrize("layer", [nn.RNN, nn.GRU, nn.LSTM])
def test_language_model(layer):
    torch.manual_seed(0)
    model = LanguageModel(layer(4, 8), 6, dropout=0.5)
    ids = torch.tensor([1, 2, 3])
    tokens = greedy(model.step, ids, 5)
    for _ in range(5):  # each token is the likeliest after all before, read from the start
        ids = torch.cat([ids, model.eval()(ids[:, None])[0][-1, 0].argmax()[None]])
    assert tokens.tolist() == ids[3:].tolist()


@pytest.mark.parametrize(
    "kwargs, error, message",
    [
        (
            {"prompt_ids": torch.zeros(0, dtype=torch.long)},
            ValueError,
            r"prompt_ids has shape \(0,\), expected",
        ),
        ({"prompt_ids": []}, ValueError, r"prompt_ids has shape \(0,\), expected"),
        ({"prompt_ids": "the time"}, TypeError, "prompt_ids is 'the time', expected integer token ids"),
        ({"prompt_ids": ["the", "time"]}, TypeError, r"prompt_ids is \['the', 'time'\], expected integer"),
        ({"prompt_ids": torch.zeros(2)}, TypeError, "prompt_ids has dtype torch.float32, expected integer"),
        ({"num_tokens": -1}, ValueError, "num_tokens is -1, expected an integer of 0 or more"),
        ({"temperature": -0.5}, ValueError, "temperature is -0.5, expected a finite number of 0 or more"),
        ({"temperature": math.nan}, ValueError, "temperature is nan"),
        ({"top_k": 0}, ValueError, "top_k is 0, expected at least 1"),
        ({"top_k": 2.5}, TypeError, r"top_k is 2.5 \(float\), expected an int"),
        ({"top_k": 5}, ValueError, "top_k is 5, expected None or a number from 1 to V = 4"),
        ({"top_p": 0}, ValueError, "top_p is 0, expected None or a number above 0 and at most 1"),
        ({"top_p": 1.5}, ValueError, "top_p is 1.5, expected None or a number above 0"),
        ({"top_p": math.nan}, ValueError, "top_p is nan"),
        (
            {"step": lambda t, s: (torch.full((1, 4), math.nan), None)},
            ValueError,
            r"step returned log_probs whose largest entries are \[nan\], expected finite ones",
        ),
        ({"step": lambda t, s: (P.log(), None)}, ValueError, r"of shape \(4,\), expected \(batch=1, V\)"),
    ],
)
def test_bad_arguments(kwargs, error, message):
    arguments = {"step": constant_step, "prompt_ids": torch.tensor([0]), "num_tokens": 3} | kwargs
    with pytest.raises(error, match=message):
        generate(**arguments)


class Alphabet:
    """Says for certain which character comes next: a b c, then a line break, a space, and again from a.

    `<unk>` is its second choice. It keeps what it has read.
    """

    def __init__(self, vocab):
        self.vocab = vocab
        self.read = []

    def step(self, token_ids, state):
        last = self.vocab.tokens[token_ids[0]]
        self.read.append(last)
        order = "abc\n "
        wanted = order[(order.index(last) + 1) % len(order)]
        log_probs = torch.full((1, len(self.vocab)), -5.0)
        log_probs[0, self.vocab[wanted]] = 0.0
        log_probs[0, self.vocab.unk] = -1.0
        return log_probs, None


@pytest.fixture
def alphabet():
    return Alphabet(Vocabulary(list("abc\n ")))


def test_complete_goes_on_from_the_prompt(alphabet):
    assert complete(alphabet, alphabet.vocab, "ab", 4, temperature=0.0) == "abc\n a"
    assert alphabet.read == list("abc\n ")


def test_complete_says_which_characters_it_does_not_know_and_goes_on(alphabet, capsys):
    assert complete(alphabet, alphabet.vocab, "a\u00df\u20ac\u00dfb", 2, temperature=0.0) == "abc\n"
    assert capsys.readouterr().out == "not in the vocabulary, so left out: '\u00df', '\u20ac'\n"
    told = []
    complete(alphabet, alphabet.vocab, "?a", 1, tell=told.append)
    assert told == ["not in the vocabulary, so left out: '?'"]
    complete(alphabet, alphabet.vocab, "abc", 1, tell=told.append)
    assert len(told) == 1


@pytest.mark.parametrize("prompt", ["", "\u20ac\u20ac"])
def test_complete_starts_an_empty_prompt_from_a_line_break(alphabet, prompt):
    assert complete(alphabet, alphabet.vocab, prompt, 3, temperature=0.0, tell=lambda text: None) == " ab"
    assert alphabet.read[0] == "\n"


def test_complete_starts_from_a_space_without_a_line_break():
    alphabet = Alphabet(Vocabulary(list("ab ")))
    assert complete(alphabet, alphabet.vocab, "", 1, temperature=0.0) == "a"
    assert alphabet.read == [" "]


def test_complete_never_writes_a_reserved_token(alphabet):
    text = complete(alphabet, alphabet.vocab, "a", 300, temperature=5.0, generator=generator())
    assert len(text) == 301 and set(text) == set("abc\n ")


def test_complete_writes_what_generate_draws():
    torch.manual_seed(0)
    vocab = Vocabulary(list("hello world"), reserved=())
    model = LanguageModel(nn.RNN(4, 8), len(vocab))
    new = generate(model.step, vocab.encode("hell"), 20, temperature=0.7, generator=generator(3))
    text = complete(model, vocab, "hell", 20, temperature=0.7, generator=generator(3))
    assert text == "hell" + "".join(vocab.decode(new))
    few = generate(model.step, vocab.encode("hell"), 20, generator=generator(3), top_p=0.2)
    text = complete(model, vocab, "hell", 20, generator=generator(3), top_p=0.2)
    assert text == "hell" + "".join(vocab.decode(few)) and few.tolist() != new.tolist()


def test_complete_refuses_what_is_no_text():
    model = LanguageModel(nn.RNN(4, 8), 3)
    with pytest.raises(TypeError, match=r"prompt is 7 \(int\), expected a str"):
        complete(model, Vocabulary(list("ab")), 7, 5)
    with pytest.raises(ValueError, match="prompt has no character of the vocabulary, which holds neither"):
        complete(model, Vocabulary(list("ab")), "", 5)
    with pytest.raises(TypeError, match="tokens is one str, but this vocabulary holds words"):
        complete(model, Vocabulary(["go", "a"]), "a", 5)
    with pytest.raises(ValueError, match="temperature is -1.0"):
        complete(model, Vocabulary(list("ab")), "a", 5, temperature=-1.0)
