import AssayIngest
import AssayModel
import FoundationEssentials

/// The questions of a run.
struct EvalsetSource: Sendable {
    let name: String
    let split: String
    /// Questions of the split, in the order of the file.
    let questions: [Question]
    /// Line of each question in its file, by id.
    let places: [String: Place]

    /// Digest over all rows that are asked.
    var fingerprint: String {
        get throws { ItemKey("evalset", parts: try questions.map { try canonicalJSON($0) }).hex }
    }

    /// Ids of the documents that the gold quotes name.
    var citedDocuments: Set<String> { Set(questions.flatMap { $0.gold.map(\.document) }) }

    /// The questions of a file that was read already.
    init(_ file: EvalsetFile, _ spec: PipelineSpec.Evaluate) {
        name = baseName(spec.evalsetName)
        split = spec.split
        questions = file.questions
        places = Dictionary(zip(file.questions.map(\.id), file.places)) { first, _ in first }
    }

    /// Reads the evalset of a pipeline: `questions.jsonl` of a folder, a JSONL file, or a BEIR folder.
    ///
    /// - Throws: `AssayError` with file and line.
    init(_ spec: PipelineSpec.Evaluate, data: String?, at place: Place) throws {
        // A BEIR set: given by --data, or unpacked as `data` beside a recipe, or the folder itself. Files of questions stay what they are.
        let own =
            FileManager.default.fileExists(atPath: spec.evalset + "/questions.jsonl")
            || spec.evalset.hasSuffix(".jsonl")
        let candidates =
            own ? [] : [data.map { absolutePath($0) }, spec.evalset + "/data", spec.evalset].compactMap(\.self)
        let folder = candidates.first { FileManager.default.fileExists(atPath: $0 + "/queries.jsonl") } ?? spec.evalset
        name = baseName(spec.evalsetName)
        split = spec.split
        if FileManager.default.fileExists(atPath: folder + "/queries.jsonl") {
            questions = try BEIRFolder(opening: folder).questions(split: spec.split)
            places = [:]
        } else {
            let file = spec.evalset.hasSuffix(".jsonl") ? spec.evalset : spec.evalset + "/questions.jsonl"
            guard FileManager.default.fileExists(atPath: file) else {
                throw AssayError(
                    "evalset.missing",
                    "there is no evalset at \(spec.evalset)",
                    at: place,
                    remedy: "an evalset is a folder with questions.jsonl, a .jsonl file, or a BEIR folder (--data DIR)"
                )
            }
            let rows = try EvalsetFile(reading: file)
            questions = rows.questions.filter { spec.split == "all" || $0.split == spec.split }
            places = Dictionary(zip(rows.questions.map(\.id), rows.places)) { first, _ in first }
        }
        guard !questions.isEmpty else {
            throw AssayError("evalset.empty", "the evalset has no questions of the split '\(spec.split)'", at: place)
        }
    }
}
