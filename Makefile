# Two commands matter: `make run` and `make test`. Both install what is missing first.
SHELL := /bin/bash
ASSAY_HOME ?= $(CURDIR)/.assay
export ASSAY_HOME
export PKG_CONFIG_PATH := $(ASSAY_HOME)/native/lib/pkgconfig:$(PKG_CONFIG_PATH)
PREFIX ?= /usr/local
BIN = .build/release/assay
SOURCES = $(shell find Sources -type f) Package.swift

.PHONY: test-peers bench-telemetry train-detector run serve bench-serve soak run-full test test-slow setup build models lint format install bench-embed bench-lexical bench-chunk bench-chunking bench-vectors bench-pipeline bench-memory bench-judge bench-report simulate nightly-demo clean help

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

setup:
	@scripts/setup

$(BIN): $(SOURCES)
	@echo "build: release mode; the first build takes 2 to 8 minutes on 2 cores"
	@swift build -c release --product assay --static-swift-stdlib

build: setup ## build the program
	@$(MAKE) --no-print-directory $(BIN)

models: build
	@for m in all-MiniLM-L6-v2 SmolLM2-135M-Instruct sqlite-vec; do \
	  [ -f $(ASSAY_HOME)/.pulled-$$m ] || { $(BIN) models pull $$m && touch $(ASSAY_HOME)/.pulled-$$m; } || exit 1; done

run: models ## the handbook pipeline: retrieve and score all questions, answer 20
	@$(BIN) run pipelines/handbook.yaml

serve: models ## the handbook pipeline as a service with a page: PORT=8080
	@$(BIN) serve pipelines/handbook.yaml --port "$(or $(PORT),8080)"

run-full: models ## the handbook pipeline: answer and judge all questions
	@$(BIN) run pipelines/handbook-judged.yaml

nightly-demo: models ## the nightly gate with the local engine: five fresh nights stay green, two worse pipelines go red
	@scripts/nightly-demo

test: setup ## all tests that are quick enough for every change
	@scripts/test

test-slow: setup ## the heavy tests: kills of the real binary, the real engine, scale
	@scripts/test --slow

test-peers: models ## telemetry against real Phoenix, Prometheus and opentelemetry-proto (about 1 GB once)
	@scripts/test-peers $(BIN)

lint: ## formatting rules
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

format: ## apply formatting rules
	@swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

install: $(BIN) ## put program, models file and completions under PREFIX
	@scripts/install "$(PREFIX)"

clean: ## remove what was built; models and finished work stay
	@rm -rf .build

simulate: ## coverage of intervals, false alarms and power by simulation: about 5 minutes
	@swift build -c release --product simulate 2>&1 | grep -E 'error|warning: unre|Compiling|Build' >&2; \
	  $$(swift build -c release --show-bin-path)/simulate $(REPETITIONS) | tee reports/statistics.md

bench-embed: models ## texts a second against PyPI's sentence-transformers
	@ASSAY_MODELS=$(ASSAY_HOME)/models Benchmarks/embed/run

bench-lexical: setup ## BM25 against PyPI's bm25s and tantivy: DATA=a BEIR folder
	@Benchmarks/lexical/run "$(DATA)"

bench-chunk: setup ## chunkers against PyPI's chonkie and langchain-text-splitters: DATA=a folder of texts
	@Benchmarks/chunk/run "$(or $(DATA),corpora/handbook)"

bench-chunking: models ## what the chunkers retrieve of gold spans: DATA=Chroma's general_evaluation_data, MODE=bm25|dense
	@ASSAY_MODELS=$(ASSAY_HOME)/models Benchmarks/chunking/run "$(DATA)" $(MODE)

bench-vectors: models ## vector search against PyPI's faiss-cpu
	@Benchmarks/vectors/run

bench-pipeline: build ## the time to start, and orchestration a question
	@Benchmarks/pipeline/run

bench-judge: models ## wall time of judged evaluation against PyPI's ragas 0.4.3 on the same engine
	@Benchmarks/judge/run "$(BIN)" "$(or $(SAMPLES),6)" "$(or $(ROUNDS),3)" reports/judge-speed.md

train-detector: models ## the detector of unsupported answers: CLAPNQ=clapnq_dev_answerable.jsonl VERSION=one more
	@$(BIN) judge train-detector --evalset evalsets/handbook --evalset evalsets/postgresql --clapnq "$(CLAPNQ)" --rows 120 --version "$(VERSION)" \
	  --output Sources/AssayEval/Support/SupportCoefficients.swift --report reports/groundedness-detector.md
	@swift format format -i Sources/AssayEval/Support/SupportCoefficients.swift

bench-telemetry: ## what a span costs: kept, encoded, and when nobody traces
	@swift build -c release --product bench-telemetry 2>&1 | grep -E 'error|Build' >&2; $$(swift build -c release --show-bin-path)/bench-telemetry

bench-memory: build ## peak memory of reading, chunking and embedding
	@Benchmarks/memory/run

bench-report: build ## time and peak memory of `assay report` over 200,000 questions: COUNT=questions
	@Benchmarks/report/run $(COUNT)

bench-serve: build ## the service under load: DATA=a BEIR folder with SciFact
	@Benchmarks/serve/run "$(DATA)"

soak: build models ## the service at its admission limit while its engine is killed, clients leave and nonsense arrives: MINUTES=10 KILLS=6
	@Benchmarks/serve/soak $(MINUTES) $(KILLS)
