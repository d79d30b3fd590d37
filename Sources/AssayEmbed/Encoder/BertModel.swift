import AssayModel
import CBLAS
import CEncoderKernels
import Synchronization

/// A BERT model that turns token ids into a unit vector.
///
/// The network is Devlin et al. (2019, arXiv:1810.04805) without dropout. Each text goes through its own
/// matrix products, each on the calling thread alone, so its bits depend on nothing but its tokens and the kind of CPU.
@safe final class BertModel: Sendable {
    let configuration: BertConfiguration
    private let file: Safetensors
    // Pointers into `file`, which is read-only and lives as long as this object.
    nonisolated(unsafe) private let weights: BertWeights
    // Working memory that no text uses at the moment; as many as there were texts at once.
    private let idle = Mutex<[Spare]>([])
    private let maxTokens: Int

    // Only the holder uses a scratch, and the list hands each to one holder at a time.
    private struct Spare: @unchecked Sendable {
        let scratch: BertScratch
    }

    /// One BLAS thread a call for the whole process: with more, the split of a product changes its bits.
    private static let singleThreadedBLAS: Void = openblas_set_num_threads(1)

    /// Maps the weights.
    ///
    /// - Parameters:
    ///   - folder: Holds `model.safetensors`.
    ///   - configuration: The model's shape.
    ///   - maxTokens: Tokens of a text at most, special tokens included.
    /// - Throws: `AssayError` when the file does not hold what the configuration says.
    init(folder: String, configuration: BertConfiguration, maxTokens: Int) throws {
        self.configuration = configuration
        self.maxTokens = maxTokens
        file = try Safetensors("\(folder)/model.safetensors")
        unsafe weights = try unsafe BertWeights(file, configuration)
        _ = Self.singleThreadedBLAS
    }

    /// Writes the unit vector of a text.
    ///
    /// - Parameters:
    ///   - ids: Its tokens with `[CLS]` and `[SEP]`: from 2 to `maxTokens`, each below the vocabulary's size.
    ///   - output: `configuration.hidden` numbers.
    /// - Throws: `AssayError` "embed.not-finite" when the weights give no direction.
    func embed(_ ids: [UInt32], into output: UnsafeMutablePointer<Float>) throws {
        precondition(ids.count >= 2 && ids.count <= maxTokens, "the text must be cut before")
        let spare = idle.withLock { $0.popLast() } ?? Spare(scratch: BertScratch(configuration, tokens: maxTokens))
        defer { idle.withLock { $0.append(spare) } }
        let scratch = spare.scratch
        lookUp(ids, scratch)
        for index in 0..<configuration.layers { unsafe run(weights.layers[index], tokens: ids.count, scratch) }
        switch configuration.pooling {
        case .mean: unsafe assay_mean_rows(output, scratch.hidden, ids.count, configuration.hidden)
        case .cls: unsafe output.update(from: scratch.hidden, count: configuration.hidden)
        }
        let norm = unsafe assay_normalise(output, configuration.hidden)
        guard norm > 0, norm.isFinite else {
            throw AssayError(
                "embed.not-finite",
                "the encoder gave a vector of norm \(norm)",
                remedy: "fetch the model again"
            )
        }
    }

    private func lookUp(_ ids: [UInt32], _ scratch: BertScratch) {
        let width = configuration.hidden
        for (position, id) in ids.enumerated() {
            precondition(Int(id) < configuration.vocabulary, "token outside the vocabulary")
            unsafe assay_embedding_row(
                scratch.hidden + position * width,
                weights.words + Int(id) * width,
                weights.positions + position * width,
                weights.types,
                weights.norm.gain,
                weights.norm.shift,
                width,
                configuration.epsilon
            )
        }
    }

    private func run(_ layer: BertWeights.Layer, tokens: Int, _ scratch: BertScratch) {
        let width = configuration.hidden
        let epsilon = configuration.epsilon
        unsafe project(layer.query, tokens, scratch, into: scratch.attention)
        unsafe project(layer.key, tokens, scratch, into: scratch.attention + width)
        unsafe project(layer.value, tokens, scratch, into: scratch.attention + 2 * width)
        attend(tokens, scratch)
        unsafe apply(layer.output, to: scratch.context, tokens, into: scratch.update, stride: width)
        unsafe assay_residual_norm(
            scratch.hidden,
            scratch.update,
            layer.output.bias,
            layer.attentionNorm.gain,
            layer.attentionNorm.shift,
            tokens,
            width,
            epsilon
        )
        unsafe apply(layer.up, to: scratch.hidden, tokens, into: scratch.intermediate, stride: layer.up.outputs)
        unsafe assay_bias_gelu(scratch.intermediate, layer.up.bias, tokens, layer.up.outputs)
        unsafe apply(layer.down, to: scratch.intermediate, tokens, into: scratch.update, stride: width)
        unsafe assay_residual_norm(
            scratch.hidden,
            scratch.update,
            layer.down.bias,
            layer.norm.gain,
            layer.norm.shift,
            tokens,
            width,
            epsilon
        )
    }

    private func project(
        _ linear: BertWeights.Linear,
        _ tokens: Int,
        _ scratch: BertScratch,
        into output: UnsafeMutablePointer<Float>
    ) {
        let stride = 3 * configuration.hidden
        unsafe apply(linear, to: scratch.hidden, tokens, into: output, stride: stride)
        unsafe assay_add_bias(output, linear.bias, tokens, linear.outputs, stride)
    }

    /// softmax(Q·Kᵀ / √d)·V for each head.
    private func attend(_ tokens: Int, _ scratch: BertScratch) {
        let width = configuration.hidden
        let size = configuration.headSize
        let stride = BertScratch.scoreStride(tokens)
        let scale = 1 / Float(size).squareRoot()
        for head in 0..<configuration.heads {
            let query = unsafe scratch.attention + head * size
            let key = unsafe query + width
            let value = unsafe key + width
            unsafe cblas_sgemm(
                CblasRowMajor,
                CblasNoTrans,
                CblasTrans,
                blasint(tokens),
                blasint(tokens),
                blasint(size),
                scale,
                query,
                blasint(3 * width),
                key,
                blasint(3 * width),
                0,
                scratch.scores,
                blasint(stride)
            )
            unsafe assay_softmax(scratch.scores, tokens, tokens, stride)
            unsafe cblas_sgemm(
                CblasRowMajor,
                CblasNoTrans,
                CblasNoTrans,
                blasint(tokens),
                blasint(size),
                blasint(tokens),
                1,
                scratch.scores,
                blasint(stride),
                value,
                blasint(3 * width),
                0,
                scratch.context + head * size,
                blasint(width)
            )
        }
    }

    /// output = input · weightᵀ; the bias is added by whatever comes next.
    private func apply(
        _ linear: BertWeights.Linear,
        to input: UnsafePointer<Float>,
        _ tokens: Int,
        into output: UnsafeMutablePointer<Float>,
        stride: Int
    ) {
        unsafe cblas_sgemm(
            CblasRowMajor,
            CblasNoTrans,
            CblasTrans,
            blasint(tokens),
            blasint(linear.outputs),
            blasint(linear.inputs),
            1,
            input,
            blasint(linear.inputs),
            linear.weight,
            blasint(linear.inputs),
            0,
            output,
            blasint(stride)
        )
    }
}
