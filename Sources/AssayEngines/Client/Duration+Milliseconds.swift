extension Duration {
    /// Milliseconds with their fraction.
    var inMilliseconds: Double {
        Double(components.seconds) * 1e3 + Double(components.attoseconds) * 1e-15
    }
}
