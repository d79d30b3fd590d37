import AssayModel

extension Plan {
    /// What rewriting costs, and questions whose conversation nobody would see.
    mutating func inspectConversations(
        _ evalset: EvalsetSource,
        _ rewriter: Configured<any QueryRewriter>?,
        seconds: (String, Int) -> Double?
    ) {
        let following = evalset.questions.count { $0.history?.isEmpty == false }
        guard let rewriter else {
            if following > 0 {
                warnings.append(
                    "\(following) of \(evalset.questions.count) questions of '\(evalset.name)' follow a conversation, which a pipeline "
                        + "without 'rewrite' does not see"
                )
            }
            return
        }
        if following == 0 {
            warnings.append("no question of '\(evalset.name)' follows a conversation: 'rewrite' has nothing to do")
        }
        let engine = rewriter.product.engine
        lines.append(
            Line(
                stage: "rewrite",
                component: ([rewriter.name] + [engine].compactMap(\.self)).joined(separator: " "),
                items: following,
                done: 0,
                estimatedTokens: engine == nil ? nil : following * rewriter.product.estimatedTokens,
                estimatedSeconds: seconds("rewrite", following)
            )
        )
    }
}
