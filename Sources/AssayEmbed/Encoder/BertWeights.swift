/// The tensors of a BERT model, in the mapped file.
///
/// `Linear` weights are row-major [output, input], as PyTorch keeps them.
@unsafe struct BertWeights {
    @unsafe struct Linear {
        var weight: UnsafePointer<Float>
        var bias: UnsafePointer<Float>
        var inputs: Int
        var outputs: Int
    }

    @unsafe struct Norm {
        var gain: UnsafePointer<Float>
        var shift: UnsafePointer<Float>
    }

    @unsafe struct Layer {
        var query: Linear
        var key: Linear
        var value: Linear
        var output: Linear
        var attentionNorm: Norm
        var up: Linear
        var down: Linear
        var norm: Norm
    }

    var words: UnsafePointer<Float>
    var positions: UnsafePointer<Float>
    var types: UnsafePointer<Float>
    var norm: Norm
    var layers: [Layer]

    /// Finds and checks all tensors.
    ///
    /// - Parameters:
    ///   - file: The model's file; it must live as long as this value is used.
    ///   - configuration: Gives the shapes.
    /// - Throws: `AssayError` "safetensors.tensor" for one that is absent or has another type or shape.
    init(_ file: Safetensors, _ configuration: BertConfiguration) throws {
        let prefix = file.contains("bert.embeddings.word_embeddings.weight") ? "bert." : ""
        let hidden = configuration.hidden
        func floats(_ name: String, _ shape: Int...) throws -> UnsafePointer<Float> {
            try unsafe file.floats(prefix + name, shape: shape)
        }
        func linear(_ name: String, _ inputs: Int, _ outputs: Int) throws -> Linear {
            unsafe Linear(
                weight: try floats("\(name).weight", outputs, inputs),
                bias: try floats("\(name).bias", outputs),
                inputs: inputs,
                outputs: outputs
            )
        }
        func norm(_ name: String) throws -> Norm {
            unsafe Norm(gain: try floats("\(name).weight", hidden), shift: try floats("\(name).bias", hidden))
        }
        unsafe words = try floats("embeddings.word_embeddings.weight", configuration.vocabulary, hidden)
        unsafe positions = try floats("embeddings.position_embeddings.weight", configuration.positions, hidden)
        unsafe types = try floats("embeddings.token_type_embeddings.weight", configuration.tokenTypes, hidden)
        unsafe self.norm = try norm("embeddings.LayerNorm")
        unsafe layers = try unsafe (0..<configuration.layers).map { index in
            let layer = "encoder.layer.\(index)"
            return unsafe Layer(
                query: try linear("\(layer).attention.self.query", hidden, hidden),
                key: try linear("\(layer).attention.self.key", hidden, hidden),
                value: try linear("\(layer).attention.self.value", hidden, hidden),
                output: try linear("\(layer).attention.output.dense", hidden, hidden),
                attentionNorm: try norm("\(layer).attention.output.LayerNorm"),
                up: try linear("\(layer).intermediate.dense", hidden, configuration.intermediate),
                down: try linear("\(layer).output.dense", configuration.intermediate, hidden),
                norm: try norm("\(layer).output.LayerNorm")
            )
        }
    }
}
