package import AssayEval
import AssayModel
import FoundationEssentials

/// The calibration records of a project: `calibrations/METRIC-JUDGE.json` beside its `engines.yaml`.
package struct CalibrationFolder: Sendable {
    /// The folder; it need not exist.
    package let path: String

    /// Names the folder of a project.
    package init(_ project: Project) {
        path = project.root + "/calibrations"
    }

    /// All records, in the order of their file names.
    ///
    /// - Throws: `AssayError` "calibration.file" for a file that cannot be read: a record that is silently passed over would turn a
    ///   gate off.
    package func records() throws -> [JudgeCalibration] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return try names.filter { $0.hasSuffix(".json") }.sorted().map { name in
            let file = path + "/" + name
            let record = FileManager.default.contents(atPath: file).flatMap {
                try? JSONDecoder().decode(JudgeCalibration.self, from: $0)
            }
            guard let record, record.format == JudgeCalibration.currentFormat else {
                throw AssayError(
                    "calibration.file",
                    "this is not a calibration record of format \(JudgeCalibration.currentFormat)",
                    at: Place(file: file),
                    remedy: "make it again with 'assay judge calibrate --save', or remove it"
                )
            }
            return record
        }
    }

    /// Writes a record over the one of the same judge, metric and labels.
    ///
    /// - Returns: The file.
    /// - Throws: `AssayError` "file.write".
    @discardableResult
    package func write(_ record: JudgeCalibration) throws -> String {
        let key = ItemKey("calibration", record.fingerprint, record.metricHash, record.labels.sha256).hex.prefix(8)
        let model = record.judges.map(\.model).joined(separator: "+").map { $0.isLetter || $0.isNumber ? $0 : "-" }
        let file = "\(path)/\(record.metric.name)-\(String(model.prefix(40)))-\(key).json"
        try writeAtomically(Data((try canonicalJSON(record, pretty: true) + "\n").utf8), to: file)
        return file
    }
}

extension JudgingSpec {
    /// What of the asking decides a verdict, for fingerprints of judges.
    package var way: String {
        var parts = [ask.asking.rawValue]
        if temperature != 0 { parts.append("temperature \(temperature)") }
        if members.count > 1 { parts.append(combine.rawValue) }
        return parts.joined(separator: " ")
    }
}

extension JudgingSpec {
    /// One engine, as a command line names it.
    ///
    /// - Parameters:
    ///   - engine: Its name in `engines.yaml`.
    ///   - ask: `json` or `logprob`; anything else is `json`.
    package init(engine: String, ask: String) {
        members = [Member(name: engine, place: Place(file: "the command line"))]
        self.ask = Ask(rawValue: ask) ?? .json
        (repeats, temperature, combine) = (1, 0, .majority)
    }
}
