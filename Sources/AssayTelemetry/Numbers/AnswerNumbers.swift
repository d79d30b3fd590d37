/// Numbers of answers, and of the program that gives them.
extension ServiceNumbers {
    private static func isFaithfulness(_ labels: [String]) -> Bool { labels.first == "faithfulness" }

    static let answers = [
        Panel(
            id: "shares",
            title: "Refused and degraded",
            unit: .share,
            about:
                "Of the questions of the last minute that got an answer: those told that the documents do not say it, and those that got passages alone",
            lines: ["refused", "degraded"].map { outcome in
                Line(key: "share_\(outcome)", label: outcome) { windows in
                    windows.minute.share(
                        ServiceMetrics.answers,
                        of: { $0[1] == outcome },
                        in: { ["answered", "refused", "degraded"].contains($0[1]) }
                    )
                }
            }
        ),
        Panel(
            id: "cache",
            title: "Found in the store",
            unit: .share,
            about: "Finished work that was looked for over the last minute and found",
            lines: (ServiceMetrics.cacheRequests.labels[0].values ?? []).map { cache in
                Line(key: "cache_\(cache)", label: cache) { windows in
                    windows.minute.share(
                        ServiceMetrics.cacheRequests,
                        of: { $0[1] == "hit" },
                        in: { $0[0] == cache }
                    )
                }
            },
            isSparse: true
        ),
        Panel(
            id: "faithfulness",
            title: "Judged answers",
            unit: .share,
            about:
                "Of the sampled answers that a judge has scored within the last hour: mean faithfulness, and the share with at most 0.5 (the hallucination rate)",
            lines: [
                Line(key: "hallucination_rate", label: "hallucination rate") { windows in
                    windows.hour.shareAtMost(0.5, ServiceMetrics.onlineScore, where: isFaithfulness)
                },
                Line(key: "faithfulness", label: "faithfulness") { windows in
                    windows.hour.mean(ServiceMetrics.onlineScore, where: isFaithfulness)
                },
            ]
        ),
        Panel(
            id: "judged",
            title: "Number of judged answers",
            unit: .count,
            about:
                "Answers with a score of faithfulness within the last hour: what the shares of judged answers rest on",
            lines: [
                Line(key: "judged", label: "scored") { windows in
                    windows.hour.observations(ServiceMetrics.onlineScore, where: isFaithfulness)
                }
            ]
        ),
        Panel(
            id: "feedback",
            title: "Feedback",
            unit: .count,
            about: "Judgements of users within the last hour",
            lines: ["up", "down"].map { rating in
                Line(key: "feedback_\(rating)", label: rating) { windows in
                    windows.hour.increase(ServiceMetrics.feedback) { $0[0] == rating } ?? 0
                }
            }
        ),
        Panel(
            id: "cost",
            title: "Cost",
            unit: .cost,
            about: "What the engines cost within the last hour, in the unit of the prices in engines.yaml",
            lines: [Line(key: "cost", label: "engines") { $0.hour.increase(ServiceMetrics.cost) }]
        ),
    ]

    // MARK: the program

    static let program = [
        Panel(
            id: "index",
            title: "Index",
            unit: .count,
            about: "Live chunks of the generation that answers",
            lines: [Line(key: "index_chunks", label: "chunks") { $0.minute.gauge(ServiceMetrics.indexChunks) }]
        ),
        Panel(
            id: "generation",
            title: "Generation of the index",
            unit: .count,
            about: "Number of the generation that answers",
            lines: [
                Line(key: "index_generation", label: "generation") { $0.minute.gauge(ServiceMetrics.indexGeneration) }
            ]
        ),
        Panel(
            id: "memory",
            title: "Memory",
            unit: .bytes,
            about: "Memory of the service that is in RAM; an engine in a process of its own is not in it",
            lines: [Line(key: "memory", label: "resident") { $0.minute.gauge(ServiceMetrics.residentMemory) }]
        ),
        Panel(
            id: "processor",
            title: "Processor",
            unit: .cores,
            about: "Processor seconds a second of the service over the last minute",
            lines: [Line(key: "processor", label: "cores") { $0.minute.rate(ServiceMetrics.processorTime) }]
        ),
    ]
}
