"""The same measurement for bm25s (numba) and tantivy: peers.py {bm25s|tantivy} DOCUMENTS QUERIES HITS_FILE [K]; prints one JSON object."""

import json
import os
import statistics
import sys
import tempfile
import time

os.environ["NUMBA_NUM_THREADS"] = "1"

STOP = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will"
    " with".split()
)


def measure(search, queries):
    times = []
    for _ in range(3):
        for query in queries:
            start = time.perf_counter()
            search(query)
            times.append((time.perf_counter() - start) * 1000)
    times.sort()
    pick = lambda share: times[min(len(times) - 1, int(len(times) * share))]
    return {"p50_ms": pick(0.5), "p95_ms": pick(0.95), "p99_ms": pick(0.99), "queries_per_s": 1000 / statistics.fmean(times)}


def bm25s_side(texts, queries, k):
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("porter")
    start, cpu = time.perf_counter(), time.process_time()
    tokens = bm25s.tokenize(texts, stopwords=STOP, stemmer=stemmer, show_progress=False)
    index = bm25s.BM25(method="lucene", k1=0.9, b=0.4, backend="numba")
    index.index(tokens, show_progress=False)
    built = time.perf_counter() - start, time.process_time() - cpu
    analyse = lambda query: bm25s.tokenize(query, stopwords=STOP, stemmer=stemmer, show_progress=False, return_ids=False)
    retrieve = lambda tokens: index.retrieve(tokens, k=k, show_progress=False, n_threads=1)
    hits = [[int(id) for id in retrieve(analyse(query)).documents[0]] for query in queries]
    prepared = [analyse(query) for query in queries]
    result = {"with_text": measure(lambda query: retrieve(analyse(query)), queries)}
    result |= measure(retrieve, prepared)
    # The whole set in one call: without the cost of a Python call for each query.
    whole = [tokens[0] for tokens in prepared]
    start = time.perf_counter()
    index.retrieve(whole, k=k, show_progress=False, n_threads=1)
    result["batch_queries_per_s"] = len(whole) / (time.perf_counter() - start)
    return built, hits, result


def tantivy_side(texts, queries, k):
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", stored=True)
    builder.add_text_field("text", stored=False, tokenizer_name="en_stem", index_option="freq")
    folder = tempfile.mkdtemp()
    start, cpu = time.perf_counter(), time.process_time()
    index = tantivy.Index(builder.build(), path=folder)
    writer = index.writer(heap_size=500_000_000, num_threads=1)
    for number, text in enumerate(texts):
        writer.add_document(tantivy.Document(id=number, text=text))
    writer.commit()
    writer.wait_merging_threads()
    built = time.perf_counter() - start, time.process_time() - cpu
    index.reload()
    searcher = index.searcher()
    parsed = [index.parse_query(query, ["text"]) for query in queries]
    stored = lambda found: [searcher.doc(address)["id"][0] for _, address in found.hits]
    hits = [stored(searcher.search(query, k)) for query in parsed]
    # Without reading the stored ids, and without counting all matches: the hits' addresses only.
    result = measure(lambda query: searcher.search(query, k, count=False), parsed)
    return built, hits, result


def main():
    side, documents, queries, hits_file = sys.argv[1:5]
    k = int(sys.argv[5]) if len(sys.argv) > 5 else 10
    texts = open(documents, encoding="utf-8").read().split("\n")[:-1]
    queries = open(queries, encoding="utf-8").read().split("\n")[:-1]
    built, hits, result = {"bm25s": bm25s_side, "tantivy": tantivy_side}[side](texts, queries, k)
    with open(hits_file, "w", encoding="utf-8") as file:
        for row in hits:
            file.write(" ".join(map(str, row)) + "\n")
    wall, cpu = built
    sizes = {"documents": len(texts), "queries": len(queries)}
    print(json.dumps(sizes | {"index_docs_per_s": len(texts) / wall, "index_docs_per_cpu_s": len(texts) / cpu} | result))


if __name__ == "__main__":
    main()
