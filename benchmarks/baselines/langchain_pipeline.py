"""LangChain: its loader for pdfplumber, its splitter, its embeddings, its FAISS store."""

from __future__ import annotations

import json
from pathlib import Path

from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings

from benchmarks.baselines.program import TOP_K, Found, main

CHARACTERS, OVERLAP = 650, 65  # a passage of about 100 words


def read(papers: list[Path]) -> list[Document]:
    """Read papers and cut their pages."""
    from langchain_community.document_loaders import PDFPlumberLoader
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    pages = [page for paper in papers for page in PDFPlumberLoader(str(paper)).load()]
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHARACTERS, chunk_overlap=OVERLAP)
    return list(splitter.split_documents(pages))


def given(passages: Path) -> list[Document]:
    """Take passages as they are."""
    lines = map(json.loads, passages.read_text(encoding="utf-8").splitlines())
    return [Document(line["text"], metadata={"source": line["file"], "page": line["page"] - 1}) for line in lines]


def ingest(papers: list[Path], passages: Path | None, model: Path, index: Path) -> None:
    """Write an index."""
    documents = given(passages) if passages else read(papers)
    FAISS.from_documents(documents, _embeddings(model)).save_local(str(index))


class LangChain:
    """The store, open."""

    def __init__(self, model: Path, index: Path) -> None:
        """Load all of it."""
        self._embeddings = _embeddings(model)
        self._store = FAISS.load_local(str(index), self._embeddings, allow_dangerous_deserialization=True)

    def encode(self, question: str) -> object:
        """Encode a question."""
        return self._embeddings.embed_query(question)

    def search(self, question: str) -> list[Found]:
        """Give the best passages; the store's score is a distance."""
        return [
            Found(-float(score), Path(document.metadata["source"]).name, page_of(document), document.page_content)
            for document, score in self._store.similarity_search_with_score(question, k=TOP_K)
        ]


def page_of(document: Document) -> int:
    """Give the physical page; the loader counts from 0."""
    return int(document.metadata["page"]) + 1


def _embeddings(model: Path) -> HuggingFaceEmbeddings:
    return HuggingFaceEmbeddings(model_name=str(model), model_kwargs={"device": "cpu"})


if __name__ == "__main__":
    main(ingest, LangChain)
