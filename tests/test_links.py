"""The link check finds links, and what is wrong with them."""

import pytest
from links import answer, book_links, fault, faults, links_in
from local_data import serve


def test_links_are_found_whole_in_prose_lists_and_bibliographies():
    text = (
        "See [a](https://one.org/x_(y)) and <https://two.org/b>. (https://three.org/c.) `https://four.org`\n"
        "  doi = {10.1162/neco.1997.9.8.1735},\n"
    )
    assert links_in(text) == {
        "https://one.org/x_(y)",
        "https://two.org/b",
        "https://three.org/c",
        "https://four.org",
        "https://doi.org/10.1162/neco.1997.9.8.1735",
    }


@pytest.mark.parametrize(
    "address, wrong",
    [
        ("https://arxiv.org/abs/1406.1078", ""),
        ("http://localhost:8000/", ""),
        ("http://arxiv.org/abs/1406.1078", "is not https"),
        ("https://arxiv/abs", "has no host but 'arxiv'"),
        ("https://me@arxiv.org/abs", "names a user or a port"),
        ("https://doi.org/1406.1078", "is no DOI"),
        ("https://doi.org/10.1162/neco.1997.9.8.1735", ""),
    ],
)
def test_how_a_link_is_written(address, wrong):
    assert fault(address).startswith(wrong) and bool(fault(address)) == bool(wrong)


@pytest.mark.parametrize("status, wrong", [(200, ""), (403, ""), (404, "answers 404"), (500, "answers 500")])
def test_what_a_server_answers(status, wrong):
    with serve(b"page") as server:
        server.status = status
        assert answer(server.url) == wrong
    assert "refused" in answer(server.url)  # nobody listens there any more


def test_the_books_links_are_well_written():
    found = book_links()
    assert len(found) > 50 and "references.bib" in found["https://doi.org/10.1162/neco.1997.9.8.1735"]
    assert faults(found, online=False) == {}
